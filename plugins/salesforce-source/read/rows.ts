import type { JsonObject, Run } from 'zds'
import { composeSoql } from '../compose.ts'
import { countRows } from './count.ts'
import { LONGEST_URL, tooLong } from './lookup.ts'
import { isWorthIt, rangesOf } from './ranges.ts'
import { firstPage, select, type Selection } from './select.ts'
import { inTurn, sideBySide } from './side-by-side.ts'

type RowsAsked = Pick<Selection, 'connection' | 'name' | 'query' | 'key'>

/**
 * The rows of a query, of a long one in ranges that are read at the same time. There must be as many
 * as a count of their own says.
 */
export async function* rowsOf(asked: RowsAsked, run: Run): AsyncIterable<JsonObject> {
  const { connection, name, query } = asked
  const url = await connection.queryUrl(composeSoql(query), run)
  if (url.length > LONGEST_URL) throw tooLong(name, url.length)
  let counted: Promise<void> | undefined
  const count = async (total: number): Promise<void> =>
    run.expect((await countRows(connection, name, query, run)) ?? total)
  const selection: Selection = { ...asked, url, seen: new Map(), announced: (total) => (counted ??= count(total)) }
  const first = await firstPage(selection, run)
  const isLong = first.next !== undefined && isWorthIt(first.totalSize)
  const [ranges] = isLong
    ? await Promise.all([rangesOf(connection, name, query, first.totalSize, run), selection.announced(first.totalSize)])
    : [[]]
  const progressOf = (index: number) => (message: string) =>
    run.progress(`range ${index + 1} of ${ranges.length}: ${message}`)
  const read = ranges.map((range, index) => select({ ...selection, ...range }, { ...run, progress: progressOf(index) }))
  yield* read.length > 1 ? sideBySide(read, inTurn) : select(selection, run, first)
}
