import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { linesIn } from '../state/artifacts.ts'
import type { Json } from '../json.ts'

/** Rows kept in memory at a time: what does not fit is sorted in parts on disk. */
const PART = 10_000

/**
 * Takes rows one by one and hands them out in the order of their keys (code units, stable), in
 * bounded memory: an external merge sort in files below a directory, removed when it is closed.
 */
export type Sorter<Row extends Json> = {
  add(key: string, row: Row): void
  rows(): AsyncGenerator<Row, void>
  close(): void
}

/** A row until it is handed out: as text it takes the least. */
type Kept = { readonly key: string; readonly text: string }

export function sorter<Row extends Json>(directory: string, size = PART): Sorter<Row> {
  const files: string[] = []
  let scratch: string | undefined
  let kept: Kept[] = []
  const spill = (): void => {
    scratch ??= mkdtempSync(join(directory, 'sort-'))
    const file = join(scratch, `${files.length}.ndjson`)
    writeFileSync(file, `${linesOf(kept).join('\n')}\n`, { mode: 0o600 })
    files.push(file)
    kept = []
  }
  return {
    add: (key, row) => {
      if (kept.length === size) spill()
      kept.push({ key, text: JSON.stringify([key, row]) })
    },
    rows: () => merge<Row>([...files.map((file) => linesIn(file, file)), once(linesOf(kept))]),
    close: () => {
      if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** The rows ordered by `keyOf`. */
export async function* sortBy<Row extends Json>(
  rows: AsyncIterable<Row>,
  keyOf: (row: Row) => string,
  directory: string,
  size?: number,
): AsyncIterable<Row> {
  const into = sorter<Row>(directory, size)
  try {
    for await (const row of rows) into.add(keyOf(row), row)
    yield* into.rows()
  } finally {
    into.close()
  }
}

const linesOf = (kept: readonly Kept[]): string[] =>
  kept.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ text }) => text)

async function* once<T>(item: T): AsyncGenerator<T, void> {
  yield item
}

/** Lines in the order of their keys, some at a time. */
type Part = { readonly order: number; readonly blocks: AsyncGenerator<readonly string[], void> }
/** The first row of a part that was not handed out, and where it is. */
type Head<Row> = {
  readonly key: string
  readonly row: Row
  readonly part: Part
  readonly lines: readonly string[]
  readonly at: number
}

/** Among equal keys the earlier part goes first, which keeps the sort stable. */
async function* merge<Row>(all: readonly Part['blocks'][]): AsyncGenerator<Row, void> {
  const heads: Head<Row>[] = []
  try {
    for (const [order, blocks] of all.entries()) place(heads, await nextBlock({ order, blocks }))
    for (let head = heads.shift(); head !== undefined; head = heads.shift()) {
      yield head.row
      place(heads, headAt<Row>(head.part, head.lines, head.at + 1) ?? (await nextBlock(head.part)))
    }
  } finally {
    for (const blocks of all) await blocks.return()
  }
}

function headAt<Row>(part: Part, lines: readonly string[], at: number): Head<Row> | undefined {
  const line = lines[at]
  if (line === undefined) return undefined
  const [key, row] = JSON.parse(line) as [string, Row] // as `add` has written it
  return { key, row, part, lines, at }
}

async function nextBlock<Row>(part: Part): Promise<Head<Row> | undefined> {
  const { done, value } = await part.blocks.next()
  return done === true ? undefined : headAt(part, value, 0)
}

/** Puts a head where it belongs among others, which are in order. */
function place<Row>(heads: Head<Row>[], head: Head<Row> | undefined): void {
  if (head === undefined) return
  let [low, high] = [0, heads.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const other = heads[middle]
    if (other !== undefined && goesBefore(other, head)) low = middle + 1
    else high = middle
  }
  heads.splice(low, 0, head)
}

const goesBefore = <Row>(one: Head<Row>, other: Head<Row>): boolean =>
  one.key < other.key || (one.key === other.key && one.part.order < other.part.order)
