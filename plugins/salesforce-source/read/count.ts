import { ZdsError, type Run } from 'zds'
import { countSoql, type Query } from '../compose.ts'
import type { Connection } from '../connection.ts'
import { pageOf } from './pages.ts'

/**
 * How many rows a query has by a count of their own, as a second opinion on the total that came
 * with its first page (SAFE-02): `COUNT()` puts the number in `totalSize`. Undefined where
 * Salesforce does not count, as when that takes too long: then the total stands alone.
 */
export async function countRows(
  connection: Connection,
  name: string,
  query: Query,
  run: Run,
): Promise<number | undefined> {
  const url = await connection.queryUrl(countSoql(query), run)
  try {
    return pageOf(await connection.get(url, query.object, run), `the number of ${name}`).totalSize
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof ZdsError)) throw error
    run.progress(
      `Salesforce does not count ${name} (${error.message}): the total that comes with them is not checked against a count`,
    )
    return undefined
  }
}
