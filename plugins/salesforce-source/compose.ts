import { refuse, type Issue } from 'zds'

/** The rows of a child relationship, as a list below each parent row. */
export type Child = { readonly relationship: string; readonly columns: readonly string[]; readonly where?: string }

/** A query by its parts. `where` is SOQL: compose its values with `soql`. */
export type Query = {
  readonly object: string
  readonly columns: readonly string[]
  readonly children?: readonly Child[]
  readonly where?: string | undefined
}

/** Sub-queries that one query may hold (SOQL limits). */
const MOST_CHILDREN = 20
const NAME = /^[A-Za-z]\w*$/
/** A field of the object itself, or of a parent up to five relationships away (SOQL limits). */
const PATH = /^[A-Za-z]\w*(\.[A-Za-z]\w*){0,5}$/

/**
 * The text of a query. Throws CONFIG_INVALID with every name that is none, because names cannot be
 * quoted in SOQL.
 */
export function composeSoql(query: Query): string {
  refuse('CONFIG_INVALID', `The query for ${query.object} cannot be written`, problemsOf(query))
  const children = (query.children ?? []).map(
    ({ relationship, columns, where }) => `(${select(columns, [], relationship, where)})`,
  )
  return select(query.columns, children, query.object, query.where)
}

/** The text of a query that only counts: the same rows, no columns. */
export const countSoql = ({ object, where }: Query): string => select(['COUNT()'], [], object, where)

/** The text of a query for the Id at one end of the same rows. */
export const endSoql = ({ object, where }: Query, order: 'ASC' | 'DESC'): string =>
  `${select(['Id'], [], object, where)} ORDER BY Id ${order} LIMIT 1`

/** What stands in quotes, with what is escaped in it. */
const QUOTED = /'(?:\\.|[^'\\])*'/g

/** Whether a condition compares with what another query selects. */
export const hasSubquery = (where = ''): boolean => /\(\s*SELECT\s/i.test(where.replaceAll(QUOTED, ''))

/**
 * A condition and further ones that have neither AND nor OR, all of which must hold. In parentheses,
 * because SOQL refuses AND beside OR; without, where it has a sub-query, which stands beside no OR
 * and in no parentheses (SF-06).
 */
export function allOf(where: string | undefined, ...further: readonly string[]): string {
  const first = where === undefined ? [] : [further.length === 0 || hasSubquery(where) ? where : `(${where})`]
  return [...first, ...further].join(' AND ')
}

function select(
  columns: readonly string[],
  children: readonly string[],
  from: string,
  where: string | undefined,
): string {
  return `SELECT ${[...distinct(columns), ...children].join(', ')} FROM ${from}${where === undefined ? '' : ` WHERE ${where}`}`
}

/**
 * Names without those that differ in case only: Salesforce refuses a field that is selected twice.
 */
export function distinct(names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase())
  return names.filter((_name, index) => lower.indexOf(lower[index] ?? '') === index)
}

function problemsOf({ object, columns, children = [] }: Query): Issue[] {
  const problem = (where: string, message: string): Issue => ({ code: 'CONFIG_INVALID', where, message })
  const names = children.map(({ relationship }) => relationship.toLowerCase())
  return [
    ...(NAME.test(object) ? [] : [problem('object', `${JSON.stringify(object)} is not the API name of an object`)]),
    ...columnProblems(object, columns),
    ...children
      .filter(({ relationship }) => !NAME.test(relationship))
      .map(({ relationship }) =>
        problem('children', `${JSON.stringify(relationship)} is not the name of a child relationship`),
      ),
    ...children.flatMap(({ relationship, columns }) => columnProblems(relationship, columns)),
    ...(new Set(names).size === names.length ? [] : [problem('children', 'a child relationship is named twice')]),
    ...(children.length <= MOST_CHILDREN
      ? []
      : [problem('children', `are ${children.length}, and a query may have ${MOST_CHILDREN}`)]),
  ]
}

function columnProblems(of: string, columns: readonly string[]): Issue[] {
  if (columns.length === 0) return [{ code: 'CONFIG_INVALID', where: of, message: 'has no columns to ask for' }]
  const wrong = columns.filter((column) => !PATH.test(column))
  return wrong.map((column) => ({
    code: 'CONFIG_INVALID',
    where: of,
    message: `${JSON.stringify(column)} is not the API name of a column`,
    hint: 'A column is a field like Name, or a path to a field of a parent like Owner.Name.',
  }))
}
