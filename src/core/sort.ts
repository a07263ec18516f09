import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readRows, writeRows } from './artifacts.ts'
import type { Json } from './json.ts'
import { chunk } from './streams.ts'

/** Rows kept in memory at a time: what does not fit is sorted in parts on disk. */
const PART = 50_000

/**
 * The rows ordered by `keyOf` (code units, stable), in bounded memory: an external merge sort in files below `directory`, removed at the end.
 */
export async function* sortBy<Row extends Json>(
  rows: AsyncIterable<Row>,
  keyOf: (row: Row) => string,
  directory: string,
  part: number = PART,
): AsyncIterable<Row> {
  const parts = chunk(rows, part)[Symbol.asyncIterator]()
  const first = await parts.next()
  if (first.done === true) return
  const second = await parts.next()
  if (second.done === true) {
    yield* sorted(first.value, keyOf)
    return
  }
  const scratch = await mkdtemp(join(directory, 'sort-'))
  try {
    const files: string[] = []
    const spill = async (some: Row[]): Promise<void> => {
      const file = join(scratch, `${files.length}.ndjson`)
      await writeRows(file, sorted(some, keyOf))
      files.push(file)
    }
    await spill(first.value)
    await spill(second.value)
    for (let next = await parts.next(); next.done !== true; next = await parts.next()) await spill(next.value)
    // The files hold what `rows` yielded, so reading them gives rows of the same type.
    yield* merge(
      files.map((file) => readRows(file, file) as AsyncIterable<Row>),
      keyOf,
    )
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function sorted<Row>(rows: Row[], keyOf: (row: Row) => string): Row[] {
  return rows.toSorted((a, b) => order(keyOf(a), keyOf(b)))
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Merges ordered streams; among equal keys the earlier stream goes first, which keeps the sort stable. */
async function* merge<Row>(streams: readonly AsyncIterable<Row>[], keyOf: (row: Row) => string): AsyncIterable<Row> {
  const heads = streams.map((stream) => ({ rows: stream[Symbol.asyncIterator](), key: '', row: undefined as Row | undefined, done: false })) // filled below
  const advance = async (head: (typeof heads)[number]): Promise<void> => {
    const next = await head.rows.next()
    if (next.done === true) head.done = true
    else Object.assign(head, { row: next.value, key: keyOf(next.value) })
  }
  await Promise.all(heads.map(advance))
  for (;;) {
    const open = heads.filter(({ done }) => !done)
    const [first, ...others] = open
    if (first === undefined) return
    const least = others.reduce((best, head) => (order(head.key, best.key) < 0 ? head : best), first)
    if (least.row !== undefined) yield least.row
    await advance(least)
  }
}
