import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, gunzip, gzip } from 'node:zlib'
import type { Json } from 'zds'

const [pack, unpack] = [promisify(gzip), promisify(gunzip)]

/** Characters of a part: so much is in memory at a time, however many rows there are. */
const PART = 1_000_000

/** A text as it is kept: UTF-8, with gzip. */
export const zip = (text: string): Promise<Buffer> => pack(text)

/** The text in a column that holds one so. */
export const unzip = async (column: unknown): Promise<string> => (await unpack(bytesOf(column))).toString('utf8')

/** Rows as one value of a column: lines of JSON, compressed part by part. */
export async function zipRows(rows: Iterable<Json>): Promise<Buffer> {
  const zipped: Buffer[] = []
  for await (const { text } of partsOf(rows)) zipped.push(await zip(text))
  return Buffer.concat(zipped)
}

/** The rows in a column that holds them so, one by one. */
export async function* unzipRows(column: unknown): AsyncIterable<Json> {
  let rest: string[] = []
  for await (const text of Readable.from([bytesOf(column)])
    .pipe(createGunzip())
    .setEncoding('utf8')) {
    const [first = '', ...more] = String(text).split('\n')
    rest.push(first)
    for (const line of more) {
      yield* rowsIn(rest.join(''))
      rest = [line]
    }
  }
  yield* rowsIn(rest.join(''))
}

/** Whole rows, as many as make a part. */
export async function* partsOf(
  rows: AsyncIterable<Json> | Iterable<Json>,
): AsyncIterable<{ readonly text: string; readonly rows: number }> {
  let part = { text: '', rows: 0 }
  for await (const row of rows) {
    part = { text: `${part.text}${JSON.stringify(row)}\n`, rows: part.rows + 1 }
    if (part.text.length < PART) continue
    yield part
    part = { text: '', rows: 0 }
  }
  if (part.rows > 0) yield part
}

/** Lines end at \n only: other line separators of Unicode may stand in a JSON string. */
export function* rowsIn(ndjson: string): Iterable<Json> {
  for (const line of ndjson.split('\n')) if (line !== '') yield JSON.parse(line) as Json // JSON text is Json
}

function bytesOf(column: unknown): Buffer {
  if (Buffer.isBuffer(column)) return column
  throw new TypeError('The column holds no bytes')
}
