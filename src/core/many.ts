import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { batches } from './streams.ts'

/**
 * Rows in their order, read as often as one wants: an array, or, where there are more than are to
 * be held, what `packer` makes of them.
 */
export interface Many<Row> extends Iterable<Row> {
  readonly length: number
  values(): IteratorObject<Row>
}

/** Takes rows one by one. Up to a thousand are an array; more of them are held as compressed JSON. */
export type Packer<Row> = { add(row: Row): void; rows(): Many<Row> }

const BLOCK = 1000
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function packer<Row>(): Packer<Row> {
  const blocks: Uint8Array[] = []
  let last: Row[] = []
  return {
    add: (row) => {
      if (last.length === BLOCK) {
        blocks.push(blockOf(last))
        last = []
      }
      last.push(row)
    },
    rows: () => (blocks.length === 0 ? [...last] : new Packed(blocks, [...last])),
  }
}

/** The same of rows that are there, or come one after another. */
export function packed<Row>(rows: Iterable<Row>): Many<Row> {
  const into = packer<Row>()
  for (const row of rows) into.add(row)
  return into.rows()
}

/** Rows that are made anew whenever somebody looks at them: none of them is held. */
export const lazily = <Row>(length: number, values: () => IteratorObject<Row>): Many<Row> => ({
  length,
  values,
  [Symbol.iterator]: values,
})

/** Those of some rows that are wanted; the rows themselves where that is all of them. */
export function filtered<Row>(rows: Many<Row>, wanted: (row: Row) => boolean): Many<Row> {
  const some = packed(rows.values().filter(wanted))
  return some.length === rows.length ? rows : some
}

/** All rows of some, one after another. */
export function concatenated<Row>(some: readonly Many<Row>[]): Many<Row> {
  const [first, ...others] = some.filter(({ length }) => length > 0)
  if (first === undefined) return []
  return others.length === 0 ? first : packed([first, ...others].values().flatMap((rows) => rows))
}

/** JSON has the rows as an array: to whoever reads it they are one. */
class Packed<Row> implements Many<Row> {
  readonly length: number
  readonly #blocks: readonly (() => readonly Row[])[]

  constructor(blocks: readonly Uint8Array[], last: readonly Row[]) {
    this.length = blocks.length * BLOCK + last.length
    this.#blocks = [...blocks.map((block) => () => unpacked<Row>(block)), () => last]
  }

  *values(): Generator<Row, void> {
    for (const rows of this.#blocks) yield* rows()
  }

  [Symbol.iterator](): Generator<Row, void> {
    return this.values()
  }

  toJSON(): Row[] {
    return [...this]
  }
}

/** Whether a value of which nothing is known is many of something. */
export const isMany = (value: unknown): value is Many<unknown> => Array.isArray(value) || value instanceof Packed

/** Rows as they are held, and kept: compressed JSON of some at a time. */
export function* blocksOf(rows: Iterable<unknown>): Generator<Uint8Array, void> {
  for (const some of batches(rows, BLOCK)) yield blockOf(some)
}

const blockOf = (rows: readonly unknown[]): Uint8Array => zstdCompressSync(JSON.stringify(rows), FASTEST)

/** The rows of a block. */
export const unpacked = <Row>(block: Uint8Array): Row[] =>
  JSON.parse(zstdDecompressSync(block).toString('utf8')) as Row[] // what was packed

/** How JSON is written: what makes text of a value, whether that sorts keys, and whether it indents. */
export type JsonForm = {
  readonly stringify: (value: unknown) => string
  readonly sorted?: true
  readonly spaced?: true
}

/** Characters of a part: enough to be worth a call, and little to hold. */
const PART = 65_536

/**
 * JSON text in parts, together what `stringify` makes of the whole: there is an end to how long a
 * text can be.
 */
export function* jsonParts(value: unknown, form: JsonForm): Generator<string, void> {
  let part = ''
  for (const text of textsOf(value, form, '\n')) {
    part += text
    if (part.length < PART) continue
    yield part
    part = ''
  }
  yield part
}

/** What no rows are packed in is one text; JSON has no line end within a string. */
function* textsOf(value: unknown, form: JsonForm, margin: string): Generator<string, void> {
  const inner = `${margin}  `
  if (value instanceof Packed) {
    const rows = value.values().map((row) => [form.stringify(row).replaceAll('\n', inner)])
    yield* list('[]', rows, form, margin)
  } else if (!holdsPacked(value)) yield form.stringify(value).replaceAll('\n', margin)
  else if (Array.isArray(value)) {
    const items = value.values().map((one) => textsOf(one, form, inner))
    yield* list('[]', items, form, margin)
  } else {
    const members = Object.entries(value).filter(([, one]) => one !== undefined)
    const inOrder = form.sorted ? members.toSorted(([a], [b]) => (a < b ? -1 : 1)) : members
    const texts = inOrder.values().map(([name, one]) => member(name, one, form, inner))
    yield* list('{}', texts, form, margin)
  }
}

function* member(name: string, value: unknown, form: JsonForm, margin: string): Generator<string, void> {
  yield `${JSON.stringify(name)}:${form.spaced ? ' ' : ''}`
  yield* textsOf(value, form, margin)
}

function* list(
  brackets: '[]' | '{}',
  members: Iterable<Iterable<string>>,
  { spaced }: JsonForm,
  margin: string,
): Generator<string, void> {
  let before = brackets.charAt(0)
  for (const one of members) {
    yield `${before}${spaced ? `${margin}  ` : ''}`
    yield* one
    before = ','
  }
  yield `${spaced ? margin : ''}${brackets.charAt(1)}`
}

const holdsPacked = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  (value instanceof Packed || Object.values(value).some((one) => holdsPacked(one)))
