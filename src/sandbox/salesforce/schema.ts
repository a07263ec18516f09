import type { Json, Row } from '../types.ts'
import { isId } from './ids.ts'
import { childLists, knownObjects, type ColumnType } from './known-objects.ts'

export type Column = { readonly name: string; readonly type: ColumnType; readonly to?: string; readonly as?: string }
export type ChildList = { readonly list: string; readonly object: string; readonly column: string }

/**
 * An object that can be queried; the keys of the maps are lower-cased, since SOQL names have no
 * case.
 */
export type ObjectSchema = {
  readonly name: string
  readonly label: string
  readonly prefix: string
  readonly columns: ReadonlyMap<string, Column>
  readonly parents: ReadonlyMap<string, Column>
  readonly children: ReadonlyMap<string, ChildList>
}
export type Schema = ReadonlyMap<string, ObjectSchema>
export type Tables = { readonly [object: string]: Row[] }

/** The known objects, and every table and column found in the rows. */
export function createSchema(tables: Tables): Schema {
  const names = new Set([...Object.keys(knownObjects), ...Object.keys(tables)])
  const prefixes = new Map<string, string>()
  for (const name of names) {
    const id = tables[name]?.[0]?.['Id']
    prefixes.set(knownObjects[name]?.prefix ?? (typeof id === 'string' ? id.slice(0, 3) : 'a00'), name)
  }
  const prefixOf = (name: string): string => prefixes.entries().find(([, object]) => object === name)?.[0] ?? 'a00'
  return new Map(
    [...names].map((name) => [name.toLowerCase(), createObject(name, prefixOf(name), tables[name] ?? [], prefixes)]),
  )
}

function createObject(
  name: string,
  prefix: string,
  rows: readonly Row[],
  prefixes: ReadonlyMap<string, string>,
): ObjectSchema {
  const known = knownObjects[name]
  const columns = new Map<string, Column>()
  for (const [column, declared] of Object.entries(known?.columns ?? { Id: 'id' as const })) {
    const details = typeof declared === 'string' ? { type: declared } : { type: 'reference' as const, ...declared }
    columns.set(column.toLowerCase(), { name: column, ...details })
  }
  for (const [column, value] of exampleValues(rows)) {
    if (!columns.has(column.toLowerCase())) columns.set(column.toLowerCase(), inferred(column, value, prefixes))
  }
  const parents = [...columns.values()].filter((column) => column.as !== undefined)
  return {
    name,
    prefix,
    label: known?.label ?? name,
    columns,
    parents: new Map(parents.map((column) => [(column.as ?? '').toLowerCase(), column])),
    children: new Map(
      childLists.filter(({ parent }) => parent === name).map((child) => [child.list.toLowerCase(), child]),
    ),
  }
}

/** Every column of any row with a value of it, null where no row has one. */
function exampleValues(rows: readonly Row[]): Map<string, Json> {
  const examples = new Map<string, Json>()
  for (const row of rows) {
    for (const column in row) {
      if ((examples.get(column) ?? null) === null) examples.set(column, row[column] ?? null)
    }
  }
  return examples
}

/**
 * A column nobody declared: the type of its values; `X__c` with ids of another table is a lookup
 * with the relationship `X__r`.
 */
function inferred(name: string, value: Json, prefixes: ReadonlyMap<string, string>): Column {
  if (typeof value === 'boolean') return { name, type: 'boolean' }
  if (typeof value === 'number') return { name, type: 'double' }
  if (typeof value !== 'string') return { name, type: 'string' }
  const to = prefixes.get(value.slice(0, 3))
  if (to !== undefined && isId(value) && name.endsWith('__c'))
    return { name, type: 'reference', to, as: name.replace(/__c$/, '__r') }
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return { name, type: 'date' }
  return { name, type: /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? 'datetime' : 'string' }
}
