import { ZdsError, type JsonObject, type Run } from 'zds'
import type { Child, Query } from './compose.ts'
import type { Connection } from './connection.ts'
import { flattener, idOf, member } from './flatten.ts'
import { follow, incomplete, isExpired, pageOf, type Page } from './pages.ts'

/** What one query asks for, and what the rows of all queries of a source have in common. */
export type Selection = {
  readonly connection: Connection
  /** The name of the source, for errors. */
  readonly name: string
  readonly query: Query
  readonly url: string
  /** The column that must be unique; without it, rows are told apart by their Ids. */
  readonly key: string | undefined
  /** Keys seen so far, each with the Id of its row. */
  readonly seen: Map<string, string | undefined>
  /**
   * Called once, and waited for, when the first page has come and before its first row is handed
   * out.
   */
  readonly announced: (total: number) => void | Promise<void>
}

/**
 * The rows of one query, flat and complete, one at a time (SFA-04). A result that Salesforce has
 * forgotten is asked for once more as long as no row of it was handed out.
 */
export async function* select(selection: Selection, run: Run): AsyncIterable<JsonObject> {
  for (let again = false; ; again = true) {
    let begun = false
    const announced = (total: number) => {
      begun = true
      return selection.announced(total)
    }
    try {
      yield* rows({ ...selection, announced }, run)
      return
    } catch (error) {
      if (!isExpired(error)) throw error
      if (begun || again)
        throw incomplete(`the result for ${selection.name} expired before it was read to its end`, error)
      run.progress(`the result for ${selection.name} has expired, asking again`)
    }
  }
}

async function* rows(selection: Selection, run: Run): AsyncIterable<JsonObject> {
  const { connection, name, query, url, announced } = selection
  const flat = flattener(query.columns)
  const children = (query.children ?? []).map(childReader)
  const read = async (link: string, what: string): Promise<Page> =>
    pageOf(await connection.get(link, query.object, run), what)

  const first = await read(url, name)
  let begun = false
  let received = 0
  for await (const records of follow(first, (link) => read(link, name), name)) {
    for (const record of records) {
      // All children before the next page of parents: that is the order in which Salesforce
      // promises to remember them.
      const lists: [string, readonly JsonObject[]][] = []
      for (const { relationship, readList } of children) lists.push([relationship, await readList(record, read)])
      const row = { ...flat(record), ...Object.fromEntries(lists) }
      refuseTwice(selection, row, record)
      if (!begun) await announced(first.totalSize)
      begun = true
      yield row
    }
    received += records.length
    run.progress(`${received.toLocaleString('en')} of ${first.totalSize.toLocaleString('en')} rows`)
  }
  if (!begun) await announced(first.totalSize)
}

type Read = (link: string, what: string) => Promise<Page>

/**
 * Reads one child list of a parent to its end; a parent without children has an empty list
 * (SFA-05).
 */
function childReader({ relationship, columns }: Child) {
  const flat = flattener(columns)
  const readList = async (parent: JsonObject, read: Read): Promise<readonly JsonObject[]> => {
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

/**
 * A row that comes twice stands for one that did not come (SAFE-02); two rows with one key cannot
 * be told apart later.
 */
function refuseTwice({ name, key, seen }: Selection, row: JsonObject, record: JsonObject): void {
  const id = idOf(record)
  const value = key === undefined ? id : row[key]
  if (typeof value !== 'string') return
  if (!seen.has(value)) {
    seen.set(value, id)
    return
  }
  if (seen.get(value) === id) throw incomplete(`${name}: the row ${value} came twice, so another one may be missing`)
  throw new ZdsError('ROW_INVALID', `salesforce: two rows of ${name} have the same ${key}, ${value}`, {
    hint: `Their Ids are ${seen.get(value)} and ${id}. Correct one of them in Salesforce.`,
  })
}
