import { ZdsError, type Issue } from '../errors.ts'
import { nearest } from '../options.ts'
import { environment, settingNames, valueIn } from '../settings.ts'
import { readText } from '../text-file.ts'

/** What a file of variables did, by their names. */
export type Variables = {
  readonly file: string
  readonly given: readonly string[]
  /** Those that the environment has too, and which count. */
  readonly outvoted: readonly string[]
}

/**
 * Puts the variables of a file into the environment, which wins: what is set there stays. An empty
 * variable is not set, on either side. Throws FILE_NOT_FOUND or FILE_INVALID.
 */
export async function readVariables(file: string): Promise<Variables> {
  const variables = environment()
  const given: string[] = []
  const outvoted: string[] = []
  for (const [name, value] of parseVariables(await readText(file), file)) {
    const wins = valueIn(variables, name) !== undefined
    if (!wins) variables[name] = value
    ;(wins ? outvoted : given).push(name)
  }
  return { file, given, outvoted }
}

/** A name that differs from another in more letters is one of its own. */
const SLIP = 2

/** So is one with another word in it, rather than with nearly the same letters: AMER, EMEA. */
function isLike(name: string, other: string): boolean {
  const [mine, theirs] = [name.toLowerCase().split('_'), other.toLowerCase().split('_')]
  return mine.length !== theirs.length || mine.every((word, at) => isNear(word, theirs[at] ?? ''))
}

const isNear = (word: string, other: string): boolean =>
  lettersOf(word) === lettersOf(other) || nearest(word, [other], Math.floor(word.length / 3)) !== undefined

const lettersOf = (word: string): string => word.split('').toSorted().join('')

/**
 * What of a file nothing reads while what looks like it is read and not set: a slip, most likely.
 * To be asked once the configuration has made its settings.
 */
export function slipsIn({ file, given, outvoted }: Variables): string[] {
  const read = settingNames()
  const lacking = [...read].filter((name) => valueIn(environment(), name) === undefined)
  return [...given, ...outvoted].flatMap((name) => {
    if (read.has(name)) return []
    const alike = lacking.filter((other) => isLike(name, other))
    const meant = nearest(name, alike, SLIP)
    return meant === undefined ? [] : [`${file}: nothing reads ${name}. Did you mean ${meant}? That is not set`]
  })
}

/**
 * `NAME=value`: the value in quotes, on several lines if need be, or bare to the end of its line.
 */
const ENTRY =
  /[ \t]*(?:export[ \t]+)?(?<name>[\w.-]+)[ \t]*=(?:[ \t]*(?:'(?<single>[^']*)'|"(?<double>(?:\\.|[^"\\])*)"|`(?<tick>[^`]*)`)[ \t]*(?:#[^\n]*)?(?=\n|$)|(?<bare>[^\n]*))/sy

/**
 * The variables in the text of a file, much as dotenv reads them; but what it would guess at or
 * leave out is refused. Throws FILE_INVALID with every line that cannot be used, and shows no
 * value.
 */
export function parseVariables(text: string, file: string): ReadonlyMap<string, string> {
  const source = text.replaceAll(/\r\n?/g, '\n')
  const values = new Map<string, string>()
  const issues: Issue[] = []
  let line = 1
  for (let at = 0; at < source.length;) {
    const { name, value, end, problem } = entryAt(source, at)
    const message = problem ?? repetition(values.get(name), value)
    if (message !== undefined) issues.push({ code: 'FILE_INVALID', where: `${file}:${line}`, message })
    else if (value.trim() !== '') values.set(name, value)
    line += source.slice(at, end + 1).split('\n').length - 1
    at = end + 1
  }
  if (issues.length > 0) throw new ZdsError('FILE_INVALID', `${file} cannot be used`, { issues, hint: FORM })
  return values
}

const FORM = 'Write each variable as NAME=value on a line of its own, and a value with # or line ends in quotes.'

type EnvEntry = { readonly end: number; readonly name: string; readonly value: string; readonly problem?: string }

/** What stands from `at` on: a variable, nothing, or a line that means nothing. */
function entryAt(source: string, at: number): EnvEntry {
  const next = source.indexOf('\n', at)
  const end = next === -1 ? source.length : next
  const line = source.slice(at, end).trim()
  if (line === '' || line.startsWith('#')) return { name: '', value: '', end }
  ENTRY.lastIndex = at
  const { name = '', single, double, tick, bare } = ENTRY.exec(source)?.groups ?? {}
  if (name === '') return { name, value: '', end, problem: 'is no line of the form NAME=value' }
  if (bare !== undefined) return { name, end, ...bareValue(bare) }
  return { name, end: ENTRY.lastIndex, value: single ?? tick ?? unescaped(double ?? '') }
}

/** A comment needs a blank before it: without, nobody knows whether `#` belongs to the value. */
function bareValue(text: string): Pick<EnvEntry, 'value' | 'problem'> {
  const value = text.replace(/[ \t]#.*/s, '').trim()
  const refused = (problem: string) => ({ value, problem })
  if (/^["'`]/.test(value)) return refused('has a quote that is not closed, or something behind the closing one')
  if (/^[“”„‘’‚«]/.test(value)) return refused('has typographic quotes around its value: write straight ones')
  if (value.includes('#')) return refused('has a # in a value without quotes: set quotes, or a blank before a comment')
  return { value }
}

const ESCAPES: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/gs, (pair, letter: string) => ESCAPES[letter] ?? pair)

function repetition(before: string | undefined, value: string): string | undefined {
  const differs = before !== undefined && value.trim() !== '' && value !== before
  return differs ? 'sets a variable of a line before it to another value' : undefined
}
