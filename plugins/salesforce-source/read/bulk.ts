import type { JsonObject, Run } from 'zds'
import { composeSoql, distinct } from '../compose.ts'
import { countRows } from './count.ts'
import { rowsIn } from './csv.ts'
import { idOf } from './flatten.ts'
import { beginJob, endOfJob, forgetJob, pagesOfJob } from './job.ts'
import { incomplete } from './pages.ts'
import type { TableQueried } from './ranged.ts'
import { typedRows } from './typed.ts'

/**
 * The rows of a query without children, by a job of the Bulk API 2.0 (SF-07). As many must come as
 * the job says, and as a count of their own, give or take what came and went while Salesforce worked.
 */
export async function* bulkRows(
  { connection, name, query, unique }: TableQueried,
  run: Run,
): AsyncIterable<JsonObject> {
  const asked = distinct([...query.columns, 'Id'])
  const rowOf = await typedRows(connection, query.object, { asked, given: [...query.columns, 'Id'] }, run)
  const count = () => countRows(connection, name, query, run)
  const before = await count()
  const soql = composeSoql({ ...query, columns: asked })
  const job = await beginJob({ connection, name, object: query.object }, soql, run)
  let open = true
  try {
    const total = await endOfJob(job, run)
    open = false
    const after = await count()
    run.expect(after ?? total, Math.abs((after ?? total) - (before ?? after ?? total)))
    let received = 0
    for await (const pages of pagesOfJob(job, run)) {
      for (const page of pages) {
        for await (const texts of rowsIn(page, asked, name)) {
          const row = rowOf(texts)
          unique(row, idOf(row))
          received += 1
          yield row
        }
      }
    }
    if (received !== total) throw incomplete(`${name}: ${total} rows were announced and ${received} came`)
  } finally {
    await forgetJob(job, open, run)
  }
}
