import type { Json, JsonObject, Run } from 'zds'
import type { Child, Query } from '../compose.ts'
import type { Connection } from '../connection.ts'
import { flattener, idOf, member } from './flatten.ts'
import { follow, incomplete, isExpired, pageOf, type QueryPage } from './pages.ts'
import type { Unique } from './unique.ts'

/** What one query asks for, and what the rows of all queries of a source have in common. */
export type Selection = {
  readonly connection: Connection
  /** The name of the source, for errors. */
  readonly name: string
  readonly query: Query
  readonly url: string
  /** Looks at the rows of all queries of the source. */
  readonly unique: Unique
  /**
   * Called once, and waited for, when the first page has come and before its first row is handed
   * out.
   */
  readonly announced: (total: number) => void | Promise<void>
}

/** So often a query is begun, if its result expires each time. */
const BEGINNINGS = 3

/**
 * The rows of one query, flat and complete, one at a time (SFA-04). A query whose result or session
 * ends on the way is begun again, and the rows that were handed out are left out. `begun` is its
 * first page, where that is there already.
 */
export async function* select(selection: Selection, run: Run, begun?: QueryPage): AsyncIterable<JsonObject> {
  const { name, url } = selection
  const read = reader(selection, run)
  const given: (string | undefined)[] = []
  let total: number | undefined
  const announced = (rows: number) => (total === undefined ? selection.announced((total = rows)) : undefined)
  for (let left = BEGINNINGS; ;) {
    // Whatever is wrong with the first page is no matter of its age.
    const first: QueryPage = left === BEGINNINGS && begun !== undefined ? begun : await read(url, name)
    if (first.totalSize !== (total ?? first.totalSize)) throw incomplete(`${name} changed while they were read`)
    try {
      for await (const { id, row } of rows({ ...selection, announced }, first, read, new Set(given), run)) {
        given.push(id)
        yield row
      }
      return
    } catch (error) {
      left -= 1
      if (!isExpired(error)) throw error
      if (left === 0 || given.includes(undefined))
        throw incomplete(`the result for ${name}, or the session, ended before it was read to its end`, error)
      run.progress(`the result for ${name} has expired, asking again`)
    }
  }
}

/** The first page of a query. */
export const firstPage = (
  selection: Pick<Selection, 'connection' | 'query' | 'name' | 'url'>,
  run: Run,
): Promise<QueryPage> => reader(selection, run)(selection.url, selection.name)

type Told = { readonly id: string | undefined; readonly row: JsonObject }

async function* rows(
  selection: Selection,
  first: QueryPage,
  read: SelectRead,
  given: ReadonlySet<string | undefined>,
  run: Run,
): AsyncIterable<Told> {
  const { name, query, announced } = selection
  const flat = flattener(query.columns)
  const children = (query.children ?? []).map(childReader)
  const childrenOf = async (record: JsonObject): Promise<JsonObject> => {
    const lists = children.map(async ({ relationship, readList }): Promise<[string, Json]> => {
      return [relationship, await readList(record, read)]
    })
    return Object.fromEntries(await Promise.all(lists))
  }
  let received = 0
  for await (const records of follow(first, (link) => read(link, name), name)) {
    const fresh = records.filter((record) => !given.has(idOf(record)))
    // All children before the next page of parents: that is the order in which Salesforce promises
    // to remember them.
    const lists = await Promise.all(fresh.map((record) => childrenOf(record)))
    for (const [index, record] of fresh.entries()) {
      const id = idOf(record)
      const row = { ...flat(record), ...lists[index] }
      selection.unique(row, id)
      await announced(first.totalSize)
      yield { id, row }
    }
    received += records.length
    run.progress(`${received.toLocaleString('en')} of ${first.totalSize.toLocaleString('en')} rows`)
  }
  await announced(first.totalSize)
}

type SelectRead = (link: string, what: string) => Promise<QueryPage>

function reader({ connection, query }: Pick<Selection, 'connection' | 'query'>, run: Run): SelectRead {
  return async (link, what) => pageOf(await connection.get(link, query.object, run), what)
}

/**
 * Reads one child list of a parent to its end; a parent without children has an empty list
 * (SFA-05).
 */
function childReader({ relationship, columns }: Child) {
  const flat = flattener(columns)
  const readList = async (parent: JsonObject, read: SelectRead): Promise<readonly JsonObject[]> => {
    const what = `${relationship} of ${idOf(parent) ?? 'a row without Id'}`
    const list = member(parent, relationship)
    if (list === null) return []
    const rows: JsonObject[] = []
    for await (const records of follow(pageOf(list, what), (link) => read(link, what), what))
      rows.push(...records.map(flat))
    return rows
  }
  return { relationship, readList }
}
