import { Readable } from 'node:stream'
import { notInstalled, ZdsError } from 'zds'

/** Bytes of a CSV that are read at a time. */
const PART = 65_536

/** The rows of a CSV below its header, which must name these columns in this order. */
export async function* rowsIn(
  text: string,
  columns: readonly string[],
  what: string,
): AsyncIterable<readonly string[]> {
  const { parse } = await import('csv-parse').catch(notInstalled)
  const parser = Readable.from(partsOf(Buffer.from(text))).pipe(parse({ bom: true }))
  const records = parser as AsyncIterable<readonly string[]> // without further options each row is a list of texts
  let header: readonly string[] | undefined
  try {
    for await (const record of records) {
      if (header !== undefined) yield record
      else if (sameNames(record, columns)) header = record
      else throw unreadable(what, `has the columns ${record.join(', ')}`)
    }
  } catch (error) {
    throw error instanceof ZdsError ? error : unreadable(what, 'is no CSV', error)
  }
  if (header === undefined) throw unreadable(what, 'is empty')
}

/** Parts of bytes: one of a text could end in the middle of a letter. */
function* partsOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += PART) yield bytes.subarray(from, from + PART)
}

const sameNames = (some: readonly string[], others: readonly string[]): boolean =>
  some.join().toLowerCase() === others.join().toLowerCase()

const unreadable = (what: string, why: string, cause?: unknown): ZdsError =>
  new ZdsError('HTTP_UNREADABLE', `salesforce: the result for ${what} ${why}`, { cause })
