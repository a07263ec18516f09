import { chunk, ZdsError, type JsonObject, type Keys, type Run } from 'zds'
import { allOf, composeSoql, type Query } from '../compose.ts'
import type { Connection } from '../connection.ts'
import { select } from './select.ts'
import { inOrder, sideBySide, WIDTH } from './side-by-side.ts'
import { uniqueRows } from './unique.ts'
import { quote } from '../soql.ts'

export type Lookup = {
  readonly name: string
  readonly query: Query
  readonly column: string
  readonly keys: Keys
  readonly chunk: number
}

/**
 * Salesforce takes 16,384 bytes of address, and as many of address and headers together (errors 414
 * and 431). What is left out here is for the headers, of which a token can be 1.5 kB.
 */
export const LONGEST_URL = 14_336

/** Rows whose column is one of the keys, in as many queries as it takes (CTC-01, CTC-02). */
export async function* lookUp(connection: Connection, lookup: Lookup, run: Run): AsyncIterable<JsonObject> {
  const { name, query } = lookup
  const unique = uniqueRows(name, undefined)
  let total = 0
  const urlOf = (keys: readonly string[]) =>
    connection.queryUrl(composeSoql({ ...query, where: condition(lookup, keys) }), run)
  const room = LONGEST_URL - (await urlOf([])).length
  const announced = (rows: number): void => void (total += rows)
  for await (const some of chunk(parts(lookup, room, run), WIDTH)) {
    const urls = await Promise.all(some.map(urlOf))
    yield* sideBySide(
      urls.map((url) => select({ connection, name, query, url, unique, announced }, run)),
      inOrder,
    )
  }
  run.expect(total)
}

const condition = ({ query, column }: Lookup, keys: readonly string[]): string =>
  allOf(query.where, `${column} IN (${keys.map(quote).join(',')})`)

/** No column that a query can look for holds more: texts of formulas are the longest. */
const LONGEST_KEY = 1_300

/** Distinct keys in groups of at most `chunk`, and at most `room` bytes of address. */
async function* parts(lookup: Lookup, room: number, run: Run): AsyncIterable<readonly string[]> {
  let part: string[] = []
  let taken = 0
  for (const some of await alike(lookup, run)) {
    const bytes = addressBytes(some.map((key) => `${quote(key)},`).join(''))
    if (bytes > room) throw tooLong(lookup.name, LONGEST_URL - room + bytes)
    if (part.length > 0 && (part.length + some.length > lookup.chunk || taken + bytes > room)) {
      yield part
      part = []
      taken = 0
    }
    part.push(...some)
    taken += bytes
  }
  if (part.length > 0) yield part
}

/**
 * Distinct keys, side by side where they differ in case only: most columns are compared without it, and
 * a row would come to two queries. A key that no row can have is told and left out: one odd record
 * costs nobody else.
 */
async function alike({ name, keys }: Lookup, run: Run): Promise<Iterable<readonly string[]>> {
  const known = new Map<string, readonly string[]>()
  for await (const key of keys.read(run)) {
    const some = known.get(key.toLowerCase()) ?? []
    if (key.length > LONGEST_KEY)
      run.progress(`${name}: no row has a key of ${key.length} letters: ${key.slice(0, 20)}…`)
    else if (!some.includes(key)) known.set(key.toLowerCase(), [...some, key])
  }
  return known.values()
}

/** What `text` takes in the query part of an address, where fetch encodes quotes too. */
const addressBytes = (text: string): number => encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27').length

export function tooLong(name: string, bytes: number): ZdsError {
  return new ZdsError(
    'CONFIG_INVALID',
    `salesforce: the query for ${name} makes an address of ${bytes} bytes, and ${LONGEST_URL} are the most`,
    {
      hint: 'Ask for fewer columns, or shorten its where clauses.',
    },
  )
}
