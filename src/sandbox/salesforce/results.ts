import { textOf } from '../json.ts'
import type { Json, Row } from '../types.ts'
import { makeId } from './ids.ts'
import type { Tables } from './schema.ts'
import type { Compiled, Selected } from './soql/compile.ts'
import type { Data } from './soql/paths.ts'

/** A query result that is read page by page, as Salesforce keeps it behind a locator. */
export type Cursor = {
  readonly locator: string
  readonly version: string
  readonly query: Compiled
  /** A child list that goes on behind its own locator. */
  readonly isChild: boolean
  readonly rows: readonly Row[]
  /** The child rows of each list of the query, by parent id. */
  readonly childRows: ReadonlyMap<Selected, ReadonlyMap<Json, Row[]>>
}

/** How large pages are: rows with their child rows, and child rows for one parent. */
export type PageSizes = { readonly batch: number; childPage(query: Compiled): number }

/** A page whose rows are counted; `left` rows were given out before and with it. */
type Page = { totalSize: number; done: boolean; nextRecordsUrl?: string; records: Json[] }

/**
 * A row that is left out although it is announced: on the page itself or in the first child list of
 * that name.
 */
type Omission = { readonly child: string | undefined; readonly row: number | undefined }

/** Runs queries on the tables and keeps their cursors. */
export type Results = {
  readonly data: Data
  /** The rows of a query, without keeping them. */
  rows(query: Compiled): Row[]
  open(query: Compiled, version: string): Cursor
  find(locator: string): Cursor | undefined
  page(cursor: Cursor, from: number, sizes: PageSizes, omit: Omission | undefined): Page
}

const keptCursors = 10_000

export function createResults(tables: Tables): Results {
  const cursors = new Map<string, Cursor>()
  const indexes = new WeakMap<readonly Row[], { length: number; byId: Map<Json, Row> }>()
  let opened = 0

  const lookup: Data['lookup'] = (object, id) => {
    const rows = tables[object]
    if (rows === undefined || id === null) return undefined
    let index = indexes.get(rows)
    if (index?.length !== rows.length) {
      index = { length: rows.length, byId: new Map(rows.map((row) => [row['Id'] ?? null, row])) }
      indexes.set(rows, index)
    }
    return index.byId.get(id)
  }

  const keep = (cursor: Omit<Cursor, 'locator'>): Cursor => {
    opened += 1
    const kept = { ...cursor, locator: makeId('0r8', opened) }
    cursors.set(kept.locator, kept)
    const oldest = cursors.keys().next().value
    if (cursors.size > keptCursors && oldest !== undefined) cursors.delete(oldest)
    return kept
  }

  const rowsOf = (query: Compiled): Row[] => matching(query, tables[query.object.name] ?? [])

  const open = (query: Compiled, version: string): Cursor => {
    return keep({ query, version, rows: rowsOf(query), isChild: false, childRows: childIndex(query, tables) })
  }

  const page = (cursor: Cursor, from: number, sizes: PageSizes, omit: Omission | undefined): Page => {
    const records: Json[] = []
    let omitted = omit?.child
    const most = cursor.isChild ? sizes.childPage(cursor.query) : sizes.batch
    let next = from
    for (let taken = 0; next < cursor.rows.length; next++) {
      const row = cursor.rows[next]
      if (row === undefined) break
      const weight = 1 + childCount(cursor, row, sizes)
      // A page holds at least one row, however many children it brings.
      if (records.length > 0 && taken + weight > most) break
      taken += weight
      records.push(
        render(row, cursor.query.select, cursor, sizes, (list, items) => {
          if (omitted === undefined || list.toLowerCase() !== omitted.toLowerCase()) return
          omitted = undefined
          items.splice(omit?.row ?? items.length - 1, 1)
        }),
      )
    }
    if (omit !== undefined && omit.child === undefined) records.splice(omit.row ?? records.length - 1, 1)
    const done = next >= cursor.rows.length
    const url = `/services/data/${cursor.version}/query/${cursor.locator}-${next}`
    return { totalSize: cursor.rows.length, done, ...(done ? {} : { nextRecordsUrl: url }), records }
  }

  const render = (
    row: Row,
    select: readonly Selected[],
    cursor: Cursor,
    sizes: PageSizes,
    trim: (list: string, items: Json[]) => void,
    object = cursor.query.object.name,
  ): { [key: string]: Json } => {
    const id = row['Id'] ?? null
    const attributes = { type: object, url: `/services/data/${cursor.version}/sobjects/${object}/${textOf(id)}` }
    const record: { [key: string]: Json } = { attributes }
    for (const item of select) {
      switch (item.kind) {
        case 'column':
          record[item.key] = row[item.key] ?? null
          break
        case 'parent': {
          const parent = lookup(item.object, row[item.lookup.name] ?? null)
          record[item.key] = parent === undefined ? null : render(parent, item.fields, cursor, sizes, trim, item.object)
          break
        }
        case 'children': {
          const rows = cursor.childRows.get(item)?.get(id) ?? []
          record[item.key] = rows.length === 0 ? null : firstChildPage(item.query, rows, cursor.version, sizes)
          if (rows.length > 0) trim(item.key, childRecords(record[item.key]))
        }
      }
    }
    return record
  }

  const firstChildPage = (query: Compiled, rows: readonly Row[], version: string, sizes: PageSizes): Json => {
    const list = { query, version, rows, isChild: true, childRows: new Map() }
    // Only a list that goes on needs a locator.
    return page(rows.length > sizes.childPage(query) ? keep(list) : { ...list, locator: '' }, 0, sizes, undefined)
  }

  const data: Data = { lookup, rows: (object) => tables[object] ?? [] }
  return { data, rows: rowsOf, open, find: (locator) => cursors.get(locator), page }
}

function childRecords(list: Json | undefined): Json[] {
  const records = typeof list === 'object' && list !== null && !Array.isArray(list) ? list['records'] : undefined
  return Array.isArray(records) ? records : []
}

function matching(query: Compiled, rows: readonly Row[]): Row[] {
  const { test, order } = query
  const found = test === undefined ? [...rows] : rows.filter(test)
  if (order !== undefined) found.sort(order)
  return query.offset === 0 && query.limit === Number.POSITIVE_INFINITY
    ? found
    : found.slice(query.offset, query.offset + query.limit)
}

/**
 * For each child list of the query its matching rows by parent: one walk over the table, however
 * many parents there are.
 */
function childIndex(query: Compiled, tables: Tables): Cursor['childRows'] {
  const index = new Map<Selected, Map<Json, Row[]>>()
  for (const item of query.select) {
    if (item.kind !== 'children') continue
    const byParent = Map.groupBy(tables[item.child.object] ?? [], (row) => row[item.child.column] ?? null)
    for (const [parent, rows] of byParent) {
      const kept = matching(item.query, rows)
      if (kept.length === 0) byParent.delete(parent)
      else byParent.set(parent, kept)
    }
    index.set(item, byParent)
  }
  return index
}

/** How many child rows come along on the page of this row: they count towards its size. */
function childCount(cursor: Cursor, row: Row, sizes: PageSizes): number {
  let count = 0
  for (const [item, byParent] of cursor.childRows) {
    if (item.kind === 'children')
      count += Math.min(byParent.get(row['Id'] ?? null)?.length ?? 0, sizes.childPage(item.query))
  }
  return count
}
