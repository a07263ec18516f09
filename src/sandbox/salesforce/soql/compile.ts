import { parseQuery, type FieldType, type OrderByClause, type Query, type Subquery } from '@jetstreamapp/soql-parser-js'
import { textOf } from '../../json.ts'
import type { Json, Row } from '../../types.ts'
import type { ChildList, Column, ObjectSchema, Schema } from '../schema.ts'
import { errorAt, soqlError } from './errors.ts'
import { compileCondition, type Test } from './filter.ts'
import { parentOf, resolvePath, type Context, type Data, type Path } from './paths.ts'
import { checkPlaces, checkSides, checkSubSelect } from './semi-join.ts'
import { comparable, type Comparable } from './values.ts'
import { conditionTree, type Condition, type SemiJoin } from './where.ts'

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
  /** The selected columns one by one, without those of child lists. */
  readonly columns: readonly Path[]
  readonly count: boolean
  readonly test: Test | undefined
  readonly order: ((a: Row, b: Row) => number) | undefined
  readonly limit: number
  readonly offset: number
}

type Resolve = (path: string) => Path

/** Longer queries are refused. */
const longestQuery = 100_000

/**
 * Parses a query and checks every name and type in it; throws the error that Salesforce answers.
 */
export function compile(query: string, schema: Schema, today: string, data: Data): Compiled {
  if (query.length > longestQuery)
    throw soqlError('MALFORMED_QUERY', `SOQL statements cannot be longer than ${longestQuery} characters.`)
  const parsed = parse(query)
  const context = { query, schema, today, data }
  return compileOn(parsed, objectOf(parsed, context), context)
}

function objectOf(parsed: Query, { query, schema }: Context): ObjectSchema {
  const name = parsed.sObject ?? ''
  const object = schema.get(name.toLowerCase())
  if (object !== undefined) return object
  throw errorAt(
    query,
    name,
    'INVALID_TYPE',
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
  )
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
  const resolve: Resolve = (path) => resolvePath(path, prefixes, object, context)
  const fields = parsed.fields ?? []
  const count =
    fields.length === 1 &&
    fields[0]?.type === 'FieldFunctionExpression' &&
    fields[0].rawValue?.toUpperCase() === 'COUNT()'
  const order = [parsed.orderBy ?? []].flat().map((clause) => compareBy(clause, resolve))
  return {
    object,
    count,
    ...(count ? { select: [], columns: [] } : selection(fields, object, context, resolve)),
    test: parsed.where === undefined ? undefined : rowTest(conditionTree(parsed.where), object, context, resolve),
    order:
      order.length === 0
        ? undefined
        : (a, b) => order.reduce((result, compare) => (result === 0 ? compare(a, b) : result), 0),
    limit: parsed.limit ?? Number.POSITIVE_INFINITY,
    offset: parsed.offset ?? 0,
  }
}

function rowTest(condition: Condition, object: ObjectSchema, context: Context, resolve: Resolve): Test {
  checkPlaces(condition, context.query)
  const idsOf = (join: SemiJoin): ReadonlySet<Comparable> => innerIds(join, object, context, resolve)
  return compileCondition(condition, { ...context, resolve, idsOf })
}

/** The ids that the sub-select of a semi-join finds: gathered once, however many rows are tested. */
function innerIds(join: SemiJoin, outer: ObjectSchema, context: Context, resolve: Resolve): ReadonlySet<Comparable> {
  checkSubSelect(join, context.query)
  const inner = compileOn(join.select, objectOf(join.select, context), context)
  const [selected] = inner.columns
  if (selected === undefined) throw soqlError('MALFORMED_QUERY', 'unexpected token: SELECT')
  checkSides(join, { object: outer, left: resolve(join.field), selected }, context.query)
  const rows = context.data.rows(inner.object.name)
  const ids = (inner.test === undefined ? rows : rows.filter(inner.test)).map((row) =>
    comparable(selected.read(row), selected.column),
  )
  return new Set(ids.filter((id) => id !== null))
}

function selection(
  fields: readonly FieldType[],
  object: ObjectSchema,
  context: Context,
  resolve: Resolve,
): Pick<Compiled, 'select' | 'columns'> {
  const select: Selected[] = []
  const columns: Path[] = []
  const seen = new Set<string>()
  for (const field of fields) {
    if (field.type === 'FieldSubquery') {
      select.push(children(field.subquery, object, context))
      continue
    }
    if (field.type !== 'Field' && field.type !== 'FieldRelationship') {
      throw soqlError('MALFORMED_QUERY', 'the sandbox knows only fields, sub-queries and COUNT() in SELECT')
    }
    const written = (field.type === 'Field' ? [field.field] : [...field.relationships, field.field]).join('.')
    const path = resolve(written)
    if (seen.has(path.name))
      throw errorAt(context.query, written, 'INVALID_FIELD', `duplicate field selected: ${written}`)
    seen.add(path.name)
    columns.push(path)
    selectPath(path.name.split('.'), select, object, context)
  }
  return { select, columns }
}

function selectPath(path: readonly string[], into: Selected[], object: ObjectSchema, context: Context): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    into.push({ kind: 'column', key: name })
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

/** Nulls come first unless NULLS LAST is asked for. */
function compareBy(clause: OrderByClause, resolve: Resolve): (a: Row, b: Row) => number {
  if (!('field' in clause)) throw soqlError('MALFORMED_QUERY', 'the sandbox knows no functions in ORDER BY')
  const { column, read } = resolve(clause.field)
  const isId = column.type === 'id' || column.type === 'reference'
  const direction = clause.order === 'DESC' ? -1 : 1
  const nulls = clause.nulls === 'LAST' ? 1 : -1
  const sortable = (value: Json): string | number => {
    if (typeof value === 'number') return value
    return isId ? textOf(value).slice(0, 15) : textOf(value).toLowerCase()
  }
  return (a, b) => {
    const left = read(a)
    const right = read(b)
    if (left === null || right === null) return left === right ? 0 : left === null ? nulls : -nulls
    if (sortable(left) === sortable(right)) return 0
    return sortable(left) < sortable(right) ? -direction : direction
  }
}
