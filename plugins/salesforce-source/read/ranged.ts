import type { JsonObject, Run } from 'zds'
import { composeSoql } from '../compose.ts'
import { countRows } from './count.ts'
import { LONGEST_URL, tooLong } from './lookup.ts'
import type { QueryPage } from './pages.ts'
import { isWorthIt, rangesOf } from './ranges.ts'
import { firstPage, select, type Selection } from './select.ts'
import { inTurn, sideBySide } from './side-by-side.ts'

/** A query, the source that it is asked for, and who looks at its rows. */
export type TableQueried = Pick<Selection, 'connection' | 'name' | 'query' | 'unique'>

/** A query that has been begun: where it is, and its first page. */
export type Begun = { readonly url: string; readonly first: QueryPage }

export async function begin(asked: Pick<TableQueried, 'connection' | 'name' | 'query'>, run: Run): Promise<Begun> {
  const { connection, name, query } = asked
  const url = await connection.queryUrl(composeSoql(query), run)
  if (url.length > LONGEST_URL) throw tooLong(name, url.length)
  return { url, first: await firstPage({ ...asked, url }, run) }
}

/**
 * The rows of a query, of a long one in ranges that are read at the same time. There must be as many
 * as a count of their own says.
 */
export async function* rangedRows(asked: TableQueried, run: Run, begun?: Begun): AsyncIterable<JsonObject> {
  const { connection, name, query } = asked
  const { url, first } = begun ?? (await begin(asked, run))
  let counted: Promise<void> | undefined
  const count = async (total: number): Promise<void> =>
    run.expect((await countRows(connection, name, query, run)) ?? total)
  const selection: Selection = {
    ...asked,
    url,
    announced: (total) => (counted ??= count(total)),
  }
  const isLong = first.next !== undefined && isWorthIt(first.totalSize)
  const [ranges] = isLong
    ? await Promise.all([rangesOf(connection, name, query, first.totalSize, run), selection.announced(first.totalSize)])
    : [[]]
  const progressOf = (index: number) => (message: string) =>
    run.progress(`range ${index + 1} of ${ranges.length}: ${message}`)
  const read = ranges.map((range, index) => select({ ...selection, ...range }, { ...run, progress: progressOf(index) }))
  yield* read.length > 1 ? sideBySide(read, inTurn) : select(selection, run, first)
}
