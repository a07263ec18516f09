import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { readRows, writeRows } from '../state/artifacts.ts'
import type { Json } from '../json.ts'
import { chunk } from '../streams.ts'

/** Rows kept in memory at a time: what does not fit is sorted in parts on disk. */
const PART = 10_000

/**
 * The rows ordered by `keyOf` (code units, stable), in bounded memory: an external merge sort in
 * files below `directory`, removed at the end.
 */
export async function* sortBy<Row extends Json>(
  rows: AsyncIterable<Row>,
  keyOf: (row: Row) => string,
  directory: string,
  part: number = PART,
): AsyncIterable<Row> {
  const files: string[] = []
  let scratch: string | undefined
  let held: Row[] | undefined
  try {
    for await (const some of chunk(rows, part)) {
      if (held !== undefined) {
        scratch ??= await mkdtemp(join(directory, 'sort-'))
        files.push(await spill(held, keyOf, join(scratch, `${files.length}.ndjson`)))
      }
      held = some
    }
    const last = sorted(held ?? [], keyOf)
    // The files hold what `rows` yielded, so reading them gives rows of the same type.
    const spilt = files.map((file) => readRows(file, file) as AsyncIterable<Row>)
    if (spilt.length === 0) yield* last
    else yield* merge([...spilt, Readable.from(last)], keyOf)
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

async function spill<Row extends Json>(rows: Row[], keyOf: (row: Row) => string, file: string): Promise<string> {
  await writeRows(file, sorted(rows, keyOf))
  return file
}

/** Each key is made once: to make one can take longer than to compare two. */
function sorted<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const withKeys = rows.map((row) => ({ row, key: keyOf(row) }))
  return withKeys.toSorted((a, b) => order(a.key, b.key)).map(({ row }) => row)
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Merges ordered streams; among equal keys the earlier stream goes first, which keeps the sort
 * stable.
 */
async function* merge<Row>(streams: readonly AsyncIterable<Row>[], keyOf: (row: Row) => string): AsyncIterable<Row> {
  const heads = streams.map((stream) => stream[Symbol.asyncIterator]())
  try {
    const nexts = await Promise.all(heads.map((head) => head.next()))
    for (;;) {
      let least: { row: Row; key: string; index: number } | undefined
      for (const [index, next] of nexts.entries()) {
        if (next.done === true) continue
        const key = keyOf(next.value)
        if (least === undefined || order(key, least.key) < 0) least = { row: next.value, key, index }
      }
      if (least === undefined) return
      yield least.row
      nexts[least.index] = (await heads[least.index]?.next()) ?? { done: true, value: undefined }
    }
  } finally {
    for (const head of heads) await head.return?.()
  }
}
