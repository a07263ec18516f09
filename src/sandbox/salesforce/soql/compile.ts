import { parseQuery, type FieldType, type OrderByClause, type Query, type Subquery } from '@jetstreamapp/soql-parser-js'
import { textOf } from '../../json.ts'
import type { Json, Row } from '../../types.ts'
import type { ChildList, Column, ObjectSchema, Schema } from '../schema.ts'
import { errorAt, noSuchColumn, soqlError } from './errors.ts'
import { compileCondition, type Test } from './filter.ts'
import { conditionTree } from './where.ts'

/** One selected thing of a row. */
export type Selected =
  | { readonly kind: 'column'; readonly key: string }
  | {
      readonly kind: 'parent'
      readonly key: string
      readonly lookup: Column
      readonly object: string
      readonly fields: Selected[]
    }
  | { readonly kind: 'children'; readonly key: string; readonly child: ChildList; readonly query: Compiled }

/** A query ready to run: which rows, in which order, and what to show of each. */
export type Compiled = {
  readonly object: ObjectSchema
  readonly select: readonly Selected[]
  readonly count: boolean
  readonly test: Test | undefined
  readonly order: ((a: Row, b: Row) => number) | undefined
  readonly limit: number
  readonly offset: number
}

/** How a path is read: lookups are followed through this. */
export type Lookup = (object: string, id: Json) => Row | undefined
type Context = { readonly query: string; readonly schema: Schema; readonly today: string; readonly lookup: Lookup }

/**
 * Parses a query and checks every name and type in it; throws the error that Salesforce answers.
 */
export function compile(query: string, schema: Schema, today: string, lookup: Lookup): Compiled {
  const parsed = parse(query)
  const name = parsed.sObject ?? ''
  const object = schema.get(name.toLowerCase())
  if (object === undefined) {
    throw errorAt(
      query,
      name,
      'INVALID_TYPE',
      `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
    )
  }
  return compileOn(parsed, object, { query, schema, today, lookup })
}

function parse(query: string): Query {
  try {
    return parseQuery(query)
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    const found = /(?:found --> |found: |unexpected character: ->)'?(.*?)'?(?: <--|<- at|$)/s.exec(text)?.[1] ?? ''
    throw soqlError('MALFORMED_QUERY', `unexpected token: '${found === '' ? '<EOF>' : found}'`)
  }
}

function compileOn(parsed: Query | Subquery, object: ObjectSchema, context: Context): Compiled {
  if (parsed.groupBy !== undefined || parsed.having !== undefined)
    throw soqlError('MALFORMED_QUERY', 'the sandbox knows no GROUP BY')
  const prefixes = new Set([object.name.toLowerCase(), parsed.sObjectAlias?.toLowerCase() ?? ''])
  const resolve = (path: string): { column: Column; read: (row: Row) => Json } =>
    resolvePath(path, prefixes, object, context)
  const fields = parsed.fields ?? []
  const count =
    fields.length === 1 &&
    fields[0]?.type === 'FieldFunctionExpression' &&
    fields[0].rawValue?.toUpperCase() === 'COUNT()'
  const order = [parsed.orderBy ?? []].flat().map((clause) => compareBy(clause, resolve))
  return {
    object,
    count,
    select: count ? [] : selection(fields, prefixes, object, context),
    test:
      parsed.where === undefined ? undefined : compileCondition(conditionTree(parsed.where), { ...context, resolve }),
    order:
      order.length === 0
        ? undefined
        : (a, b) => order.reduce((result, compare) => (result === 0 ? compare(a, b) : result), 0),
    limit: parsed.limit ?? Number.POSITIVE_INFINITY,
    offset: parsed.offset ?? 0,
  }
}

function selection(
  fields: readonly FieldType[],
  prefixes: ReadonlySet<string>,
  object: ObjectSchema,
  context: Context,
): Selected[] {
  const selected: Selected[] = []
  const seen = new Set<string>()
  for (const field of fields) {
    if (field.type === 'FieldSubquery') {
      selected.push(children(field.subquery, object, context))
      continue
    }
    if (field.type !== 'Field' && field.type !== 'FieldRelationship') {
      throw soqlError('MALFORMED_QUERY', 'the sandbox knows only fields, sub-queries and COUNT() in SELECT')
    }
    const path = field.type === 'Field' ? [field.field] : [...field.relationships, field.field]
    if (path.length > 1 && prefixes.has((path[0] ?? '').toLowerCase())) path.shift()
    const name = path.join('.')
    if (seen.has(name.toLowerCase()))
      throw errorAt(context.query, name, 'INVALID_FIELD', `duplicate field selected: ${name}`)
    seen.add(name.toLowerCase())
    selectPath(path, selected, object, context)
  }
  return selected
}

function selectPath(path: readonly string[], into: Selected[], object: ObjectSchema, context: Context): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    const column = object.columns.get(name.toLowerCase())
    if (column === undefined) throw noSuchColumn(context.query, name, object.name)
    into.push({ kind: 'column', key: column.name })
    return
  }
  const { lookup, target } = parentOf(name, path, object, context)
  const key = lookup.as ?? name
  let node = into.find((item) => item.kind === 'parent' && item.key === key)
  if (node?.kind !== 'parent') {
    node = { kind: 'parent', key, lookup, object: target.name, fields: [] }
    into.push(node)
  }
  selectPath(rest, node.fields, target, context)
}

function children(subquery: Subquery, object: ObjectSchema, context: Context): Selected {
  const name = subquery.relationshipName
  const child = object.children.get(name.toLowerCase())
  const target = child === undefined ? undefined : context.schema.get(child.object.toLowerCase())
  if (child === undefined || target === undefined) {
    throw errorAt(
      context.query,
      name,
      'INVALID_TYPE',
      `Didn't understand relationship '${name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
    )
  }
  return { kind: 'children', key: child.list, child, query: compileOn(subquery, target, context) }
}

function parentOf(
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

function resolvePath(
  path: string,
  prefixes: ReadonlySet<string>,
  object: ObjectSchema,
  context: Context,
): { column: Column; read: (row: Row) => Json } {
  const parts = path.split('.')
  if (parts.length > 1 && prefixes.has((parts[0] ?? '').toLowerCase())) parts.shift()
  const [name = '', ...rest] = parts
  if (rest.length === 0) {
    const column = object.columns.get(name.toLowerCase())
    if (column === undefined) throw noSuchColumn(context.query, path, object.name)
    return { column, read: (row) => row[column.name] ?? null }
  }
  const { lookup, target } = parentOf(name, parts, object, context)
  const inner = resolvePath(rest.join('.'), new Set(), target, context)
  return {
    column: inner.column,
    read: (row) => {
      const parent = context.lookup(target.name, row[lookup.name] ?? null)
      return parent === undefined ? null : inner.read(parent)
    },
  }
}

/** Nulls come first unless NULLS LAST is asked for. */
function compareBy(
  clause: OrderByClause,
  resolve: (path: string) => { read: (row: Row) => Json },
): (a: Row, b: Row) => number {
  if (!('field' in clause)) throw soqlError('MALFORMED_QUERY', 'the sandbox knows no functions in ORDER BY')
  const { read } = resolve(clause.field)
  const direction = clause.order === 'DESC' ? -1 : 1
  const nulls = clause.nulls === 'LAST' ? 1 : -1
  const sortable = (value: Json): string | number => (typeof value === 'number' ? value : textOf(value).toLowerCase())
  return (a, b) => {
    const left = read(a)
    const right = read(b)
    if (left === null || right === null) return left === right ? 0 : left === null ? nulls : -nulls
    if (sortable(left) === sortable(right)) return 0
    return sortable(left) < sortable(right) ? -direction : direction
  }
}
