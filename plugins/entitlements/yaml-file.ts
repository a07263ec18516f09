import { misfitsOf, type Issue, type Json, type Misfit } from 'zds'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml'
import { meantHint, problem, unusable, type Path, type YamlFile } from './file-problems.ts'
import { faultsOf, type Fault } from './yaml-faults.ts'

/** Some thousand entries, far above what people keep; the parser takes seconds for as much. */
const MOST_CHARACTERS = 1_000_000

/** Parses YAML text. Throws FILE_INVALID with every line that is no YAML, in words. */
export function parseYaml(where: string, text: string): YamlFile {
  if (text.length > MOST_CHARACTERS)
    throw unusable(where, [problem(where, `has more than ${MOST_CHARACTERS.toLocaleString('en')} characters`)])
  const source = text.replaceAll(/\r\n?/g, '\n')
  const counter = new LineCounter()
  const document = parseDocument(source, { lineCounter: counter, prettyErrors: false })
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line)
  const faults = faultsOf(document, source.split('\n'), lineAt)
  const issueOf = ({ line, words }: Fault): Issue => problem(`${where}:${line}`, words)
  if (faults.some(({ repeated }) => !repeated)) throw unusable(where, faults.map(issueOf))
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  return {
    value: valueOf(where, () => document.toJS()),
    at: (path) => `${where}:${lineAt(placeOf(document.contents, path, resolve).offset)}`,
    isOpen: (path) => isNothing(placeOf(document.contents, path, resolve).node),
    repeated: faults.map(issueOf),
  }
}

/** What multiplies beyond measure when it is written out is refused by the parser. */
function valueOf(where: string, convert: () => unknown): Json {
  try {
    // With the core schema, YAML has no value that JSON lacks but infinities, which the schemas
    // refuse.
    return convert() as Json
  } catch (cause) {
    throw unusable(where, [problem(where, 'repeats parts of itself (*) beyond measure')], cause)
  }
}

/** Nothing was written, which is read as null. */
const isNothing = (node: unknown): boolean => node === null || (isScalar(node) && node.value === null && !node.source)

type Place = { readonly offset: number; readonly node: unknown }

/** Where the entry at `path` begins, or the nearest one around it, and its node. */
function placeOf(root: Node | null, path: Path, resolve: (node: unknown) => unknown): Place {
  let offset = root?.range?.[0] ?? 0
  let node: unknown = root
  for (const step of path) {
    node = resolve(node)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined) return { offset, node: undefined }
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      offset = (isScalar(item) || isMap(item) || isSeq(item) ? item.range?.[0] : undefined) ?? offset
      node = item
    } else return { offset, node: undefined }
  }
  return { offset, node }
}

/**
 * What of the file does not fit `schema`, each with its line. `schema` has no unions, so each
 * problem is one. `named` says what stands at a path. @internal
 */
export function misfits(
  file: YamlFile,
  schema: object,
  named: (path: readonly string[]) => string = (path) => path.join('.'),
): Issue[] {
  return misfitsOf(schema, file.value).map((misfit) => {
    const { path, keyword, params, known } = misfit
    const message = `${path.length === 0 ? 'the file' : named(path)} ${wordsFor(misfit)}`
    if (keyword !== 'additionalProperties') return problem(file.at(path), message)
    const key = String(params['additionalProperty'])
    return problem(file.at([...path, key]), message, meantHint(key, known))
  })
}

const KINDS: { readonly [type: string]: string } = {
  array: 'a list',
  object: 'a mapping of keys to values',
  string: 'text; put it in quotes if it looks like something else',
}

function wordsFor({ keyword, params, message }: Misfit): string {
  if (keyword === 'additionalProperties') return `has no ${JSON.stringify(params['additionalProperty'])}`
  if (keyword === 'required') return `lacks ${JSON.stringify(params['missingProperty'])}`
  if (keyword === 'minLength') return `must not have fewer than ${String(params['limit'])} characters`
  if (keyword === 'type') return `must be ${KINDS[String(params['type'])] ?? String(params['type'])}`
  return message ?? keyword
}
