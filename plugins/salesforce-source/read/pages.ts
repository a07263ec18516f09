import { HttpError, isObject, ZdsError, type Json, type JsonObject } from 'zds'

/** One page of a query, or of the child list below a row: both have the same envelope. */
export type QueryPage = {
  readonly totalSize: number
  readonly next: string | undefined
  readonly records: readonly JsonObject[]
}

/**
 * Reads the envelope; throws HTTP_UNREADABLE when it is none, so that nothing is taken for an empty
 * list.
 */
export function pageOf(body: Json | undefined, what: string): QueryPage {
  if (!isObject(body)) throw unreadable(what, 'is not a query result')
  const { totalSize, done, records, nextRecordsUrl } = body
  if (typeof totalSize !== 'number' || typeof done !== 'boolean' || !Array.isArray(records))
    throw unreadable(what, 'is not a query result')
  if (!done && typeof nextRecordsUrl !== 'string') throw unreadable(what, 'says that there is more and not where')
  const rows = records.filter(isObject)
  if (rows.length !== records.length) throw unreadable(what, 'holds something that is not a record')
  return { totalSize, next: done || typeof nextRecordsUrl !== 'string' ? undefined : nextRecordsUrl, records: rows }
}

const unreadable = (what: string, why: string) =>
  new ZdsError('HTTP_UNREADABLE', `salesforce: the answer for ${what} ${why}`)

/**
 * Each page's records, to the end of the list (SFA-04, SFA-05). A page is asked for when the one
 * before it has been dealt with. Throws INCOMPLETE unless exactly as many records came as were
 * announced (SAFE-02).
 */
export async function* follow(
  first: QueryPage,
  read: (link: string) => Promise<QueryPage>,
  what: string,
): AsyncIterable<readonly JsonObject[]> {
  const visited = new Set<string>()
  let received = 0
  for (let page: QueryPage | undefined = first; page !== undefined;) {
    if (page.totalSize !== first.totalSize) {
      throw incomplete(
        `${what} changed while they were read: ${first.totalSize} rows were announced, then ${page.totalSize}`,
      )
    }
    received += page.records.length
    if (received > first.totalSize) break
    if (page.records.length === 0 && page.next !== undefined)
      throw incomplete(`the pages of ${what} do not end: one without a row says that there are more`)
    yield page.records
    const link: string | undefined = page.next
    if (link !== undefined && visited.has(link))
      throw incomplete(`the pages of ${what} lead back to one that was read already`)
    if (link !== undefined) visited.add(link)
    page = link === undefined ? undefined : await read(link)
  }
  if (received !== first.totalSize)
    throw incomplete(`${what}: ${first.totalSize} rows were announced and ${received} came`)
}

/**
 * What was read is not all there is. Reading once more is the remedy for everything that moves
 * while it is read.
 */
export function incomplete(message: string, cause?: unknown): ZdsError {
  return new ZdsError('INCOMPLETE', `salesforce: ${message}`, { cause, hint: 'Nothing was changed. Run it again.' })
}

/**
 * Whether Salesforce no longer knows the result that a link leads to: it was kept for too long, or
 * the session that asked for it has ended.
 */
export function isExpired(error: unknown): boolean {
  return (
    error instanceof HttpError &&
    (error.status === 401 || /QUERY_LOCATOR|LOCATOR_LOCATION/.test(JSON.stringify(error.body)))
  )
}
