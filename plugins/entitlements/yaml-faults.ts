import {
  isAlias,
  isScalar,
  visit,
  type Alias,
  type Document,
  type ErrorCode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'

/** A line of a file that is no YAML, or not what somebody meant, in words. */
export type Fault = { readonly line: number; readonly words: string; readonly repeated: boolean }

type FaultFound = { readonly code: ErrorCode; readonly message: string; readonly pos: readonly [number, ...number[]] }

/** The faults of a document, one for each line. `rows` are its lines. */
export function faultsOf(document: Parsed, rows: readonly string[], lineAt: (offset: number) => number): Fault[] {
  const lost = rows.flatMap((row, index) =>
    row.includes('\uFFFD') ? [{ line: index + 1, words: LOST, repeated: false }] : [],
  )
  const end = (document.range[2] ?? 0) - 1
  const whole = document.errors.every(({ code }) => code === 'DUPLICATE_KEY')
  const found: readonly FaultFound[] = [
    ...document.errors,
    ...(whole ? [...document.warnings, ...oddities(document)] : []),
  ]
  const told = found.map(({ code, message, pos }) => {
    const line = lineAt(isOpenQuote(message) && pos[0] >= end ? (lastQuote(document) ?? end) : pos[0])
    return { line, words: wordsFor(code, message, rows[line - 1] ?? ''), repeated: code === 'DUPLICATE_KEY' }
  })
  // What follows on the same line is mostly a consequence.
  return [...new Map([...lost, ...told].toReversed().map((fault) => [fault.line, fault])).values()].toReversed()
}

type Parsed = Pick<Document.Parsed, 'errors' | 'warnings' | 'range'> & Document

const LOST = 'has a character that was lost (\uFFFD): the text was not in UTF-8, or was saved wrongly'
const INDENT = 'is indented differently from the lines it belongs to'
const QUOTE = 'put the text in quotes'

/** What each fault mostly is, for somebody who does not know YAML. */
const WORDS: { readonly [code in ErrorCode]?: string } = {
  BAD_ALIAS: `has text that begins with *, which means something else in YAML: ${QUOTE}`,
  BAD_DQ_ESCAPE: 'has a backslash in double quotes that means nothing there: use single quotes',
  BAD_INDENT: `${INDENT}, or a bracket before it is not closed`,
  BAD_SCALAR_START: `has text that begins with a character which means something else in YAML: ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `has a second colon (then ${QUOTE}), or the next line is indented too far`,
  DUPLICATE_KEY: 'repeats a key of the lines before it',
  MULTILINE_IMPLICIT_KEY: `lacks a colon, or ${INDENT}`,
  MULTIPLE_DOCS: 'begins a second document (---), and the file must be one',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAB_AS_INDENT: 'begins with a tab: indent it with blanks',
  TAG_RESOLVE_FAILED: `has text that begins with !, which means something else in YAML: ${QUOTE}`,
  UNEXPECTED_TOKEN: `has something behind its value (then ${QUOTE} as a whole), or ${INDENT}`,
}

function wordsFor(code: ErrorCode, message: string, row: string): string {
  if (/^(<{7}|={7}|>{7})( |$)/.test(row)) return 'is left over from a merge: decide which lines stay'
  if (/^ *\t/.test(row)) return WORDS.TAB_AS_INDENT ?? message
  if (isOpenQuote(message)) return 'opens a quote that is never closed'
  if (code === 'UNEXPECTED_TOKEN' && /["']/.test(row))
    return 'has something behind a closing quote: put text with such quotes into the other kind of quotes'
  if (code === 'MISSING_CHAR')
    return message.startsWith('Sequence') ? `lacks its dash, or ${INDENT}` : `lacks a colon and a blank, or ${INDENT}`
  return WORDS[code] ?? message
}

const isOpenQuote = (message: string): boolean => /^Missing closing ["']quote/.test(message)

/** The parser notices an open quote where the text ends; a person looks for where it begins. */
function lastQuote(document: Parsed): number | undefined {
  let start: number | undefined
  visit(document, { Scalar: (_, { type, range }) => void (type?.startsWith('QUOTE') && (start = range?.[0])) })
  return start
}

/** What the parser lets pass: aliases of nothing, tags, quotes of a word processor. */
function oddities(document: Parsed): FaultFound[] {
  const found: FaultFound[] = []
  let aliases = 0
  visit(document, {
    Node: (_, node, around) => {
      if (isAlias(node) && (aliases += 1) > MOST_ALIASES) return visit.BREAK
      const code = oddityOf(node, around, document)
      if (code !== undefined) found.push({ code, message: TYPOGRAPHIC, pos: [node.range?.[0] ?? 0] })
      return undefined
    },
  })
  if (aliases > MOST_ALIASES) found.push({ code: 'IMPOSSIBLE', message: `has more than ${MOST_ALIASES} *`, pos: [0] })
  return found
}

/** So many aliases nobody writes by hand, and to resolve one takes a walk through the document. */
const MOST_ALIASES = 100

const TYPOGRAPHIC = 'has typographic quotes around its text: write straight ones'

function oddityOf(
  node: Alias | Scalar | YAMLMap | YAMLSeq,
  around: readonly unknown[],
  document: Parsed,
): ErrorCode | undefined {
  if (isAlias(node)) {
    const meant = node.resolve(document)
    return meant === undefined || around.includes(meant) ? 'BAD_ALIAS' : undefined
  }
  if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str') return 'TAG_RESOLVE_FAILED'
  return isScalar(node) && node.type === 'PLAIN' && /^[“”„‘’‚«]/.test(node.source ?? '') ? 'IMPOSSIBLE' : undefined
}
