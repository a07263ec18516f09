import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../json.ts'
import { unavailable } from '../state/trouble.ts'

/** Bytes of rows that are kept in memory at a time: what does not fit is sorted in parts on disk. */
const PART = 8_000_000
/** Bytes of a part that are read at a time. */
const BLOCK = 65_536
const LINE_END = 10

/**
 * Takes rows one by one and hands them out in the order of their keys (code units, stable), in
 * bounded memory: an external merge sort in files below a directory, removed when it is closed.
 */
export type Sorter<Row extends Json> = {
  add(key: string, row: Row): void
  rows(): AsyncGenerator<Row, void>
  close(): void
}

/** Where the line of a row is among the bytes that are kept. */
type Kept = { readonly key: string; readonly from: number; readonly to: number }

/** Rows are kept as bytes: as objects or texts they would grow old in V8, which is slow to forget. */
export function sorter<Row extends Json>(directory: string, size = PART): Sorter<Row> {
  const files: string[] = []
  let scratch: string | undefined
  let bytes = Buffer.allocUnsafeSlow(Math.min(size, BLOCK))
  let kept: Kept[] = []
  let used = 0
  const spill = (): void => {
    scratch ??= mkdtempSync(join(directory, 'sort-'))
    const file = join(scratch, `${files.length}.ndjson`)
    const lines = Buffer.concat(inOrder(kept).map(({ from, to }) => bytes.subarray(from, to)))
    try {
      writeFileSync(file, lines, { mode: 0o600 })
    } catch (cause) {
      throw unavailable(cause, file)
    }
    files.push(file)
    kept = []
    used = 0
  }
  return {
    add: (key, row) => {
      const line = `${JSON.stringify([key, row])}\n`
      const length = Buffer.byteLength(line)
      if (used + length > size && used > 0) spill()
      if (used + length > bytes.length)
        bytes = Buffer.concat([bytes], Math.max(used + length, Math.min(size, 4 * bytes.length)))
      used += bytes.write(line, used)
      kept.push({ key, from: used - length, to: used })
    },
    rows: async function* () {
      const parts: Part[] = []
      try {
        for (const file of files) parts.push(await partIn(file))
        yield* merge<Row>([...parts, partOf(kept, bytes)])
      } finally {
        for (const part of parts) await part.close()
      }
    },
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

const inOrder = (kept: readonly Kept[]): Kept[] => kept.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))

/** Lines in the order of their keys. */
type Part = {
  /** The next line that has been read; undefined where there is none. */
  next(): string | undefined
  /** Reads on. False at the end. */
  more(): Promise<boolean>
  close(): Promise<void>
}

function partOf(kept: readonly Kept[], bytes: Buffer): Part {
  const lines = inOrder(kept)
    .values()
    .map(({ from, to }) => bytes.toString('utf8', from, to))
  return { next: () => lines.next().value, more: async () => false, close: async () => undefined }
}

async function partIn(file: string): Promise<Part> {
  const handle = await open(file)
  let bytes = Buffer.allocUnsafeSlow(BLOCK)
  let [from, to] = [0, 0]
  return {
    next: () => {
      const end = bytes.subarray(0, to).indexOf(LINE_END, from)
      if (end === -1) return undefined
      const line = bytes.toString('utf8', from, end)
      from = end + 1
      return line
    },
    more: async () => {
      bytes.copyWithin(0, from, to)
      ;[from, to] = [0, to - from]
      if (to === bytes.length) bytes = Buffer.concat([bytes], 2 * to)
      const { bytesRead } = await handle.read(bytes, to)
      to += bytesRead
      return bytesRead > 0
    },
    close: () => handle.close(),
  }
}

/** The first row of a part that was not handed out. */
type Head<Row> = { readonly key: string; readonly row: Row; readonly part: Part; readonly order: number }

/** Among equal keys the earlier part goes first, which keeps the sort stable. */
async function* merge<Row>(parts: readonly Part[]): AsyncGenerator<Row, void> {
  const heads: Head<Row>[] = []
  for (const [order, part] of parts.entries()) place(heads, await headOf(part, order))
  for (let head = heads.shift(); head !== undefined; head = heads.shift()) {
    yield head.row
    // What has been read is not waited for.
    place(heads, readHead<Row>(head.part, head.order) ?? (await headOf(head.part, head.order)))
  }
}

function readHead<Row>(part: Part, order: number): Head<Row> | undefined {
  const line = part.next()
  if (line === undefined) return undefined
  const [key, row] = JSON.parse(line) as [string, Row] // as `add` has written it
  return { key, row, part, order }
}

async function headOf<Row>(part: Part, order: number): Promise<Head<Row> | undefined> {
  let head = readHead<Row>(part, order)
  while (head === undefined && (await part.more())) head = readHead(part, order)
  return head
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
  one.key < other.key || (one.key === other.key && one.order < other.order)
