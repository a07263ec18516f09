import type { Json, Row } from '../../types.ts'
import type { Column, ObjectSchema, Schema } from '../schema.ts'
import { errorAt, noSuchColumn } from './errors.ts'

/** The rows that a query may read. */
export type Data = {
  rows(object: string): readonly Row[]
  /** The row with this id: lookups are followed through it. */
  lookup(object: string, id: Json): Row | undefined
}

/** What every part of a query is compiled with. */
export type Context = {
  readonly query: string
  readonly schema: Schema
  readonly today: string
  readonly data: Data
}

/** The column that a path such as `Owner.Name` leads to, the path in the case of the schema. */
export type Path = {
  readonly name: string
  readonly object: ObjectSchema
  readonly column: Column
  readonly read: (row: Row) => Json
}

/** Follows a path from the object; its first word may be the object itself, or its alias. */
export function resolvePath(path: string, prefixes: ReadonlySet<string>, object: ObjectSchema, context: Context): Path {
  const parts = path.split('.')
  if (parts.length > 1 && prefixes.has((parts[0] ?? '').toLowerCase())) parts.shift()
  const [name = '', ...rest] = parts
  if (rest.length === 0) {
    const column = object.columns.get(name.toLowerCase())
    if (column === undefined) throw noSuchColumn(context.query, path, object.name)
    return { name: column.name, object, column, read: (row) => row[column.name] ?? null }
  }
  const { lookup, target } = parentOf(name, parts, object, context)
  const inner = resolvePath(rest.join('.'), new Set(), target, context)
  return {
    ...inner,
    name: `${lookup.as ?? name}.${inner.name}`,
    read: (row) => {
      const parent = context.data.lookup(target.name, row[lookup.name] ?? null)
      return parent === undefined ? null : inner.read(parent)
    },
  }
}

/** The lookup that a relationship name means, and the object it leads to. */
export function parentOf(
  name: string,
  path: readonly string[],
  object: ObjectSchema,
  context: Context,
): { lookup: Column; target: ObjectSchema } {
  const lookup = object.parents.get(name.toLowerCase())
  const target = context.schema.get(lookup?.to?.toLowerCase() ?? '')
  if (lookup !== undefined && target !== undefined) return { lookup, target }
  const text = `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`
  throw errorAt(context.query, path.join('.'), 'INVALID_FIELD', text)
}
