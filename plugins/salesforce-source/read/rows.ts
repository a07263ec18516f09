import { messageOf, ZdsError, type JsonObject, type Run } from 'zds'
import { bulkRows } from './bulk.ts'
import { joinedRows, type ReadTable, type RowsQueried } from './flat.ts'
import { begin, rangedRows, type Begun } from './ranged.ts'
import { uniqueRows } from './unique.ts'

/** How rows are read that do not have their child lists with them. */
const TABLES = { flat: rangedRows, bulk: bulkRows } as const satisfies { readonly [way: string]: ReadTable }

/**
 * How rows are read: `nested` with their child lists, in ranges of Ids; `flat`, children by queries
 * of their own, joined by Ids; `bulk` the same by jobs of the Bulk API 2.0. `auto`: as their number
 * suggests.
 */
export type Gather = 'auto' | 'nested' | keyof typeof TABLES

/**
 * From so many rows on: a page of rows has few of them where children fill it, and a day has only so
 * many requests (SF-01, SF-03).
 */
const [FLAT_FROM, BULK_FROM] = [50_000, 250_000]

/** The rows of a query, each once, whichever way. */
export async function* rowsOf(asked: RowsQueried, gather: Gather, run: Run): AsyncIterable<JsonObject> {
  if (gather === 'flat' || gather === 'bulk') {
    yield* joinedRows(asked, TABLES[gather], run)
    return
  }
  const begun = await begin(asked, run)
  const way = gather === 'nested' ? gather : wayFor(begun.first.totalSize, asked)
  if (way === 'nested') yield* nestedRows(asked, run, begun)
  else yield* orNested(asked, way, run)
}

function wayFor(total: number, { query: { children = [] } }: RowsQueried): Exclude<Gather, 'auto'> {
  if (total >= BULK_FROM) return 'bulk'
  return total >= FLAT_FROM && children.length > 0 ? 'flat' : 'nested'
}

/** Joined rows come when all have been read: what keeps that from going well comes before the first. */
async function* orNested(asked: RowsQueried, way: keyof typeof TABLES, run: Run): AsyncIterable<JsonObject> {
  let came = false
  try {
    for await (const row of joinedRows(asked, TABLES[way], run)) {
      came = true
      yield row
    }
    return
  } catch (error) {
    run.signal.throwIfAborted()
    if (came || !(error instanceof ZdsError) || error.code === 'ROW_INVALID') throw error
    run.progress(
      `${asked.name} are read with their children, since it does not go otherwise (${way}): ${messageOf(error)}`,
    )
  }
  yield* nestedRows(asked, run)
}

const nestedRows = ({ key, ...asked }: RowsQueried, run: Run, begun?: Begun): AsyncIterable<JsonObject> =>
  rangedRows({ ...asked, unique: uniqueRows(asked.name, key) }, run, begun)
