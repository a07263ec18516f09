import { ZdsError, type Json, type JsonObject, type Run } from 'zds'
import { allOf, hasSubquery, type Child, type Query } from '../compose.ts'
import { changedSince, readAgain, type ChangedOf } from './changed.ts'
import { incomplete } from './pages.ts'
import { inTurn, sideBySide } from './side-by-side.ts'
import type { TableQueried } from './ranged.ts'
import { uniqueRows } from './unique.ts'

/** A query, the source that it is asked for, and the column that no two of its rows may share. */
export type RowsQueried = Omit<TableQueried, 'unique'> & { readonly key: string | undefined }

/** Reads a query that has no children. */
export type ReadTable = (asked: TableQueried, run: Run) => AsyncIterable<JsonObject>

/** The query of one child list, and the column in it that says whose its rows are. */
type ChildQuery = {
  readonly relationship: string
  readonly columns: readonly string[]
  readonly of: string
  readonly query: Query
  /** What it says of whose children they are. */
  readonly whose: readonly string[]
}

/** A row of a child list, by the place of its relationship in the query. */
type ChildRow = { readonly parent: string; readonly list: number; readonly row: JsonObject }

/**
 * The rows of a query with their child lists, from one query for each object, joined by Ids. The
 * children are asked for when all parents have come: so none is missing that a parent had by then.
 * What changed meanwhile may be torn, a list from before beside one from after: it is read again.
 */
export async function* joinedRows(asked: RowsQueried, readTable: ReadTable, run: Run): AsyncIterable<JsonObject> {
  const { connection, name, key, query } = asked
  const since = run.clock.now()
  const lists = await childQueries(asked, run)
  const parents = readTable({ connection, name, query: tableOf(query, 'Id'), unique: uniqueRows(name, key) }, run)
  const children = childRows(asked, lists, readTable, run)
  let changed: ReadonlySet<string> | undefined
  const torn: string[] = []
  // The first of them comes when all have been read.
  for await (const { key: id, left, right } of run.joined(parents, idIn, children, ({ parent }) => parent)) {
    const [parent] = left
    if (parent === undefined) continue
    changed ??= lists.length === 0 ? new Set() : await changedSince(since, tablesOf(query, lists), asked, run)
    if (changed.has(id)) {
      torn.push(id)
      continue
    }
    yield { ...only(parent, query.columns), ...listsBelow(right, lists, name) }
  }
  if (torn.length > 0) yield* readAgain(asked, torn, run)
}

/** The child lists of one parent. A child that comes twice stands for one that did not come. */
function listsBelow(children: readonly ChildRow[], lists: readonly ChildQuery[], name: string): JsonObject {
  const unique = uniqueRows(`child lists of ${name}`, undefined)
  for (const { row } of children) unique(row, idIn(row))
  const below = lists.map(({ relationship, columns }, index): [string, Json] => [
    relationship,
    children.filter(({ list }) => list === index).map(({ row }) => only(row, columns)),
  ])
  return Object.fromEntries(below)
}

/** Where changes are looked for: one that takes a row out of its query is one too. */
const tablesOf = ({ object }: Query, lists: readonly ChildQuery[]): ChangedOf[] => [
  { object, of: 'Id', where: [] },
  ...lists.map(({ query, of, whose }) => ({ object: query.object, of, where: whose })),
]

const tableOf = ({ object, columns, where }: Query, ...further: readonly string[]): Query => ({
  object,
  columns: [...new Set([...columns, ...further])],
  where,
})

/** A row without one, which no query has, would belong to nobody. */
const idIn = ({ Id }: JsonObject): string => (typeof Id === 'string' ? Id : '')

const only = (row: JsonObject, columns: readonly string[]): JsonObject =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))

async function childQueries({ connection, query }: RowsQueried, run: Run): Promise<ChildQuery[]> {
  const { children } = await connection.describe(query.object, run)
  return (query.children ?? []).map((child) => {
    const known = children.get(child.relationship.toLowerCase())
    if (known !== undefined) return childQuery(query, child, known)
    throw new ZdsError('FIELD_UNKNOWN', `salesforce: ${query.object} has no child relationship ${child.relationship}`, {
      hint: 'Check the API name, and that the user of zds may see it.',
    })
  })
}

/**
 * Children of the rows that are asked for, where SOQL can say so (SF-06); else all that there are,
 * of which those of other parents are left out.
 */
function childQuery({ object, where }: Query, child: Child, known: { object: string; field: string }): ChildQuery {
  const { relationship, columns } = child
  const canSay = !hasSubquery(where) && known.object.toLowerCase() !== object.toLowerCase()
  const whose = canSay && where !== undefined ? [`${known.field} IN (SELECT Id FROM ${object} WHERE ${where})`] : []
  const all = allOf(child.where, ...whose)
  const query = { object: known.object, columns, where: all === '' ? undefined : all }
  return { relationship, columns, of: known.field, query: tableOf(query, 'Id', known.field), whose }
}

async function* childRows(
  { connection, name }: RowsQueried,
  lists: readonly ChildQuery[],
  readTable: ReadTable,
  run: Run,
): AsyncIterable<ChildRow> {
  const read = lists.map(async function* ({ relationship, of, query }, list): AsyncIterable<ChildRow> {
    // Of many children nobody could remember which have come: they are looked at below their parents.
    const asked = { connection, name: `${relationship} of ${name}`, query, unique: () => undefined }
    let [counted, came] = [0, 0]
    for await (const row of readTable(asked, { ...run, expect: (rows, slack = 0) => void (counted = rows - slack) })) {
      came += 1
      const parent = row[of]
      if (typeof parent === 'string') yield { parent, list, row }
    }
    // Of a parent that lacks a child nobody would know.
    if (came < counted) throw incomplete(`${asked.name}: ${counted} rows were counted and ${came} came`)
  })
  yield* sideBySide(read, inTurn)
}
