import { Type, type Static } from 'typebox'
import { isMap, isPair, isScalar, LineCounter, parseDocument, stringify, type Document } from 'yaml'
import { ZdsError, type Issue } from '../../core/errors.ts'
import { problems } from '../../core/options.ts'
import { readText } from '../../core/text-file.ts'

const strict = { additionalProperties: false }
const Word = Type.String({ minLength: 1 })
const Row = Type.Record(Word, Type.Unknown())
const Expected = Type.Union([
  Type.Object({ fields: Row }, strict),
  Type.Object({ absent: Word }, strict),
  Type.Object({ skip: Word }, strict),
])

const schema = Type.Object(
  {
    asOf: Type.String({ pattern: String.raw`^\d{4}-\d{2}-\d{2}$` }),
    variables: Type.Optional(Type.Record(Word, Type.String())),
    given: Type.Record(Word, Type.Array(Row)),
    expect: Type.Record(Word, Type.Record(Word, Expected)),
  },
  strict,
)

/** Rows by the name of their source, and what should become of them by sync and key. */
type Mapping = Static<typeof schema>
export type Expectation = Static<typeof Expected>

/** A mapping as a file has it. `lineOf` is the line of what is at a path, or of what is around it. */
export type Fixture = {
  readonly file: string
  readonly mapping: Mapping
  readonly document: Document
  readonly lineOf: (path: readonly string[]) => number
}

/** Reads files of mappings. Throws FILE_INVALID with all that is wrong in all of them. */
export async function readFixtures(files: readonly string[]): Promise<readonly Fixture[]> {
  const read = await Promise.all(files.map(fixtureIn))
  const issues = read.flatMap((one) => ('issues' in one ? one.issues : []))
  if (issues.length > 0) throw new ZdsError('FILE_INVALID', 'What is expected cannot be read', { issues, hint: HINT })
  return read.filter((one) => 'mapping' in one)
}

const HINT = 'docs/test-a-mapping.md shows what a file may hold; zds record KEY writes one.'

async function fixtureIn(file: string): Promise<Fixture | { readonly issues: readonly Issue[] }> {
  const text = await readText(file, 'Write one with: zds record KEY')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineOf = (path: readonly string[]): number => lines.linePos(offsetOf(document.contents, path)).line
  const broken = document.errors.map(({ message, pos: [at] }) => problem(`${file}:${lines.linePos(at).line}`, message))
  if (broken.length > 0) return { issues: broken }
  const value: unknown = document.toJS()
  const issues = problems('FILE_INVALID', file, schema, value)
  return issues.length > 0 ? { issues } : { file, mapping: value as Mapping, document, lineOf } // its schema says so
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
