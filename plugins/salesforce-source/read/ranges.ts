import { ZdsError, type Run } from 'zds'
import { allOf, composeSoql, endSoql, type Query } from '../compose.ts'
import type { Connection } from '../connection.ts'
import { idOf } from './flatten.ts'
import { LONGEST_URL } from './lookup.ts'
import { pageOf } from './pages.ts'
import { WIDTH } from './side-by-side.ts'
import { soql } from '../soql.ts'

/** Fewer rows are not worth a range of their own. */
const LEAST_ROWS = 250

/**
 * The query in ranges of Ids that are read at the same time: between them they have every row, and
 * each row once, wherever they are cut. Where it is not worth it, or the Ids do not tell where to
 * cut, it stays one.
 */
export async function rangesOf(
  connection: Connection,
  name: string,
  query: Query,
  total: number,
  run: Run,
): Promise<readonly { readonly query: Query; readonly url: string }[]> {
  const count = Math.min(WIDTH, Math.floor(total / LEAST_ROWS))
  const [first, last] = await Promise.all(
    (['ASC', 'DESC'] as const).map((order) => endOf(connection, name, query, order, run)),
  )
  const queries = between(query, cuts(first, last, count))
  const asked = await Promise.all(
    queries.map(async (range) => ({ query: range, url: await connection.queryUrl(composeSoql(range), run) })),
  )
  return asked.every(({ url }) => url.length <= LONGEST_URL) ? asked : []
}

/** Whether a query of so many rows is read in ranges. */
export const isWorthIt = (total: number): boolean => total >= 2 * LEAST_ROWS

/**
 * The first or the last Id of a query; undefined where Salesforce does not tell, as when it takes
 * too long.
 */
async function endOf(
  connection: Connection,
  name: string,
  query: Query,
  order: 'ASC' | 'DESC',
  run: Run,
): Promise<string | undefined> {
  const url = await connection.queryUrl(endSoql(query, order), run)
  try {
    const [row] = pageOf(await connection.get(url, query.object, run), `an end of ${name}`).records
    return row && idOf(row)
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof ZdsError)) throw error
    run.progress(
      `Salesforce does not tell the ends of ${name} (${error.message}): they are read one page after another`,
    )
    return undefined
  }
}

/** Half-open ranges, without an end on both sides: what is outside of what we know is in them too. */
function between(query: Query, ids: readonly string[]): Query[] {
  const sides = [undefined, ...ids, undefined]
  return sides.slice(1).map((to, index) => {
    const from = sides[index]
    const ends = [...(from === undefined ? [] : [soql`Id >= ${from}`]), ...(to === undefined ? [] : [soql`Id < ${to}`])]
    return { ...query, where: allOf(query.where, ...ends) }
  })
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** What all Ids of an object begin with; a number in base 62 follows. */
const PREFIX = 3
const LENGTH = 15

/**
 * Ids, of 15 characters, that cut what is between two of them into `count` even parts; none where
 * they are not of one object.
 */
export function cuts(first: string | undefined, last: string | undefined, count: number): readonly string[] {
  const [from, to] = [first, last].map((id = '') => numberOf(id.slice(PREFIX, LENGTH)))
  if (from === undefined || to === undefined || first?.slice(0, PREFIX) !== last?.slice(0, PREFIX)) return []
  const [low, high] = from < to ? [from, to] : [to, from]
  const cut = (part: number): bigint => low + ((high - low) * BigInt(part)) / BigInt(count)
  const all = Array.from({ length: count - 1 }, (_, index) => cut(index + 1))
  return [...new Set(all)].map((number) => (first ?? '').slice(0, PREFIX) + textOf(number))
}

function numberOf(text: string): bigint | undefined {
  if (text.length !== LENGTH - PREFIX || !/^[0-9A-Za-z]+$/.test(text)) return undefined
  return text.split('').reduce((number, digit) => number * 62n + BigInt(DIGITS.indexOf(digit)), 0n)
}

function textOf(number: bigint): string {
  let text = ''
  for (let rest = number; text.length < LENGTH - PREFIX; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text
  return text
}
