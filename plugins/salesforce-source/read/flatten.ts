import { isObject, type Json, type JsonObject } from 'zds'

/**
 * Makes flat rows of records: one member a column, dotted paths through parents as they were asked
 * for, null where there is nothing.
 */
export function flattener(columns: readonly string[]): (record: JsonObject) => JsonObject {
  const paths = columns.map((column) => [column, column.split('.')] as const)
  return (record) => Object.fromEntries(paths.map(([column, path]) => [column, path.reduce(step, record)]))
}

const step = (value: Json, name: string): Json => (isObject(value) ? (member(value, name) ?? null) : null)

/**
 * A member by its API name, which Salesforce reads without case and answers in its own; undefined
 * when there is none.
 */
export function member(record: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(record, name)) return record[name]
  const wanted = name.toLowerCase()
  const key = Object.keys(record).find((key) => key.toLowerCase() === wanted)
  return key === undefined ? undefined : record[key]
}

/**
 * The Id of a record, selected or not: every record carries its own address. Undefined for
 * aggregates.
 */
export function idOf(record: JsonObject): string | undefined {
  const id = member(record, 'Id')
  if (typeof id === 'string') return id
  const attributes = record['attributes']
  const url = isObject(attributes) ? attributes['url'] : undefined
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : undefined
}
