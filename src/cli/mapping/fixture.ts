import { isMap, isPair, isScalar, LineCounter, parseDocument, stringify, type Document } from 'yaml'
import { resolve } from 'node:path'
import { whyNotLoaded } from '../../core/config/broken.ts'
import { importWatched, LOADING_MS } from '../../core/config/import.ts'
import { ZdsError, type Issue } from '../../core/errors.ts'
import { problems } from '../../core/options.ts'
import { mapOf, shape } from '../../core/shape.ts'
import { readText } from '../../core/text-file.ts'

type Row = { readonly [name: string]: unknown }
export type Expectation = { readonly fields: Row } | { readonly absent: string } | { readonly skip: string }

/** Rows by the name of their source, and what should become of them by sync and key. */
type Mapping = {
  readonly asOf: string
  readonly variables?: { readonly [name: string]: string }
  readonly given: { readonly [source: string]: readonly Row[] }
  readonly expect: { readonly [sync: string]: { readonly [key: string]: Expectation } }
}

const word = { type: 'string', minLength: 1 }
const expectation = { anyOf: [shape({ fields: mapOf({}) }), shape({ absent: word }), shape({ skip: word })] }
const schema = shape<Mapping>({
  asOf: { type: 'string', pattern: String.raw`^\d{4}-\d{2}-\d{2}$` },
  'variables?': mapOf({ type: 'string' }),
  given: mapOf({ type: 'array', items: mapOf({}) }),
  expect: mapOf(mapOf(expectation)),
})

/**
 * A mapping as a file has it. `lineOf` is the line of what is at a path, or of what is around it;
 * what is no document is code, which nobody but its author changes.
 */
export type Fixture = {
  readonly file: string
  readonly mapping: Mapping
  readonly document?: Document
  readonly lineOf: (path: readonly string[]) => number
}

/** Reads files of mappings. Throws FILE_INVALID with all that is wrong in all of them. */
export async function readFixtures(files: readonly string[], signal: AbortSignal): Promise<readonly Fixture[]> {
  const read = await Promise.all(files.map((file) => (CODE.test(file) ? codeIn(file, signal) : fixtureIn(file))))
  const issues = read.flatMap((one) => ('issues' in one ? one.issues : []))
  if (issues.length > 0) throw new ZdsError('FILE_INVALID', 'What is expected cannot be read', { issues, hint: HINT })
  return read.filter((one) => 'mapping' in one)
}

const HINT = 'docs/test-a-mapping.md shows what a file may hold; zds record KEY writes one.'

/** What is written as TypeScript. */
const CODE = /\.m?ts$/

type FixtureRead = Fixture | { readonly issues: readonly Issue[] }

async function codeIn(file: string, signal: AbortSignal): Promise<FixtureRead> {
  const text = await readText(file, HINT)
  try {
    const { module } = await importWatched(resolve(file), LOADING_MS, signal)
    const { default: value } = module as { readonly default?: unknown } // whatever is exported is looked at
    const lineOf = (path: readonly string[]): number => lineIn(text, path)
    // What is no JSON, a date, is as a file of data would have it.
    return asFixture(file, value === undefined ? undefined : JSON.parse(JSON.stringify(value)), { lineOf })
  } catch (error) {
    signal.throwIfAborted()
    const { message } = whyNotLoaded(file, error)
    return { issues: [problem(file, message.replace(`${file} `, ''))] }
  }
}

/** The line of the last step of a path that is found, each after the one before. */
function lineIn(text: string, path: readonly string[]): number {
  const found = path.reduce((from, step) => {
    const key = new RegExp(String.raw`(?<![\w$.])(['"]?)${RegExp.escape(step)}\1\s*:`, 'g')
    key.lastIndex = from
    return key.exec(text)?.index ?? from
  }, 0)
  return text.slice(0, found).split('\n').length
}

async function fixtureIn(file: string): Promise<FixtureRead> {
  const text = await readText(file, 'Write one with: zds record KEY')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineOf = (path: readonly string[]): number => lines.linePos(offsetOf(document.contents, path)).line
  const broken = document.errors.map(({ message, pos: [at] }) => problem(`${file}:${lines.linePos(at).line}`, message))
  if (broken.length > 0) return { issues: broken }
  return asFixture(file, document.toJS(), { document, lineOf })
}

function asFixture(file: string, value: unknown, from: Pick<Fixture, 'document' | 'lineOf'>): FixtureRead {
  const at = (path: readonly string[]): string => [`${file}:${from.lineOf(path)}`, path.join('.')].join(' ').trim()
  const issues = problems('FILE_INVALID', at, schema, value)
  return issues.length > 0 ? { issues } : { file, mapping: value as Mapping, ...from } // its schema says so
}

const problem = (where: string, message: string): Issue => ({ code: 'FILE_INVALID', where, message })

/** Where the entry at a path begins, as far as it is there. */
function offsetOf(root: unknown, path: readonly string[]): number {
  let [offset, node] = [0, root]
  for (const step of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step) : undefined
    if (!isPair(pair)) return offset
    if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset
    node = pair.value
  }
  return offset
}

/** The text of a file. */
export const textOf = (mapping: object): string => stringify(mapping, { lineWidth: 0, aliasDuplicateObjects: false })
