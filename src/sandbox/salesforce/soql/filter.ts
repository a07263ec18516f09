import { textOf } from '../../json.ts'
import type { Json, Row } from '../../types.ts'
import type { Column } from '../schema.ts'
import { errorAt, soqlError } from './errors.ts'
import { comparable, dateLiteral, likePattern, unquote, type Comparable, type Days } from './values.ts'
import type { Condition, Literal, SemiJoin } from './where.ts'

export type Test = (row: Row) => boolean
type Read = (row: Row) => Json
type Comparison = Extract<Condition, { kind: 'compare' }>

/** Everything a filter needs from its query. */
export type FilterContext = {
  readonly query: string
  readonly today: string
  /** Finds the column a path of the WHERE clause names, and how to read it from a row. */
  resolve(path: string): { column: Column; read: Read }
  /** The ids that the sub-select of a semi-join finds. */
  idsOf(join: SemiJoin): ReadonlySet<Comparable>
}

/** The condition as a function of a row. NOT inverts, so a comparison with null is simply false. */
export function compileCondition(condition: Condition, context: FilterContext): Test {
  switch (condition.kind) {
    case 'and': {
      const tests = condition.parts.map((part) => compileCondition(part, context))
      return (row) => tests.every((test) => test(row))
    }
    case 'or': {
      const tests = condition.parts.map((part) => compileCondition(part, context))
      return (row) => tests.some((test) => test(row))
    }
    case 'not': {
      const test = compileCondition(condition.part, context)
      return (row) => !test(row)
    }
    case 'compare':
      return compileComparison(condition, context)
    case 'semi-join': {
      const { column, read } = context.resolve(condition.field)
      const ids = context.idsOf(condition)
      const isIn: Test = (row) => ids.has(comparable(read(row), column))
      return condition.operator === 'IN' ? isIn : (row) => !isIn(row)
    }
  }
}

function compileComparison(condition: Comparison, context: FilterContext): Test {
  const { column, read } = context.resolve(condition.field)
  const { operator, literals } = condition
  const wrong = (expected: string): Error =>
    errorAt(
      context.query,
      condition.field,
      'INVALID_FIELD',
      `value of filter criterion for field '${column.name}' must be of type ${expected}`,
    )

  switch (operator) {
    case 'INCLUDES':
    case 'EXCLUDES': {
      if (column.type !== 'multipicklist') {
        throw errorAt(
          context.query,
          condition.field,
          'INVALID_FIELD',
          `${operator.toLowerCase()} operator only valid for multipicklist fields`,
        )
      }
      const alternatives = literals.map((literal) => unquote(literal, false).toLowerCase().split(';'))
      const includes: Test = (row) => {
        const chosen = new Set(textOf(read(row)).toLowerCase().split(';'))
        return alternatives.some((wanted) => wanted.every((value) => chosen.has(value)))
      }
      return operator === 'INCLUDES' ? includes : (row) => !includes(row)
    }
    case 'LIKE': {
      const literal = literals[0]
      if (literal === undefined || literal.type !== 'STRING') throw wrong('string and should be enclosed in quotes')
      const pattern = likePattern(unquote(literal, true))
      return (row) => {
        const value = read(row)
        return typeof value === 'string' && pattern.test(value)
      }
    }
    case 'IN':
    case 'NOT IN': {
      if (!condition.list)
        throw soqlError('MALFORMED_QUERY', 'unexpected token: IN operator must be used with an iterable expression')
      const wanted = new Set(
        literals.map((literal) => comparable(literalValue(literal, column, context, wrong), column)),
      )
      const isIn: Test = (row) => wanted.has(comparable(read(row), column))
      return operator === 'IN' ? isIn : (row) => !isIn(row)
    }
    case '=':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const literal = literals[0]
      if (literal === undefined || condition.list) throw soqlError('MALFORMED_QUERY', "unexpected token: '('")
      if (literal.type === 'DATE_LITERAL' || literal.type === 'DATE_N_LITERAL') {
        if (column.type !== 'date' && column.type !== 'datetime') throw wrong(column.type)
        return compareDays(operator, dateLiteral(literal.text, context.today), read)
      }
      return compareValue(operator, comparable(literalValue(literal, column, context, wrong), column), column, read)
    }
  }
}

/** Null never is less or more; `!=` keeps rows whose field is null, as Salesforce does. */
function compareValue(
  operator: '=' | '!=' | '<' | '<=' | '>' | '>=',
  wanted: Comparable,
  column: Column,
  read: Read,
): Test {
  if (operator === '=') return (row) => comparable(read(row), column) === wanted
  if (operator === '!=') return (row) => comparable(read(row), column) !== wanted
  return (row) => {
    const value = comparable(read(row), column)
    if (value === null || wanted === null) return false
    switch (operator) {
      case '<':
        return value < wanted
      case '<=':
        return value <= wanted
      case '>':
        return value > wanted
      case '>=':
        return value >= wanted
    }
  }
}

function compareDays(operator: '=' | '!=' | '<' | '<=' | '>' | '>=', days: Days, read: Read): Test {
  return (row) => {
    const value = read(row)
    if (typeof value !== 'string') return operator === '!='
    const day = value.slice(0, 10)
    switch (operator) {
      case '=':
        return day >= days.first && day <= days.last
      case '!=':
        return day < days.first || day > days.last
      case '<':
        return day < days.first
      case '<=':
        return day <= days.last
      case '>':
        return day > days.last
      case '>=':
        return day >= days.first
    }
  }
}

/** The value a literal stands for, refused where its type is not the column's. */
function literalValue(
  literal: Literal,
  column: Column,
  context: FilterContext,
  wrong: (expected: string) => Error,
): Json {
  const { type, text } = literal
  if (type === 'NULL') return null
  switch (column.type) {
    case 'double':
      if (type !== 'INTEGER' && type !== 'DECIMAL') throw wrong('double and should not be enclosed in quotes')
      return Number(text)
    case 'boolean':
      if (type !== 'BOOLEAN') throw wrong('boolean and should not be enclosed in quotes')
      return text.toUpperCase() === 'TRUE'
    case 'date':
      if (type !== 'DATE') throw wrong('date and should not be enclosed in quotes')
      return text
    case 'datetime':
      if (type !== 'DATETIME') throw wrong('dateTime and should not be enclosed in quotes')
      return text
    case 'id':
    case 'reference':
    case 'string':
    case 'email':
    case 'textarea':
    case 'picklist':
    case 'multipicklist':
      if (type !== 'STRING') throw wrong('string and should be enclosed in quotes')
      return unquote(literal, false)
  }
}
