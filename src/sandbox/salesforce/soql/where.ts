import type { LiteralType, Operator, Query, WhereClause } from '@jetstreamapp/soql-parser-js'
import { soqlError } from './errors.ts'

/** A value as written, with the type the parser saw. */
export type Literal = { readonly type: LiteralType; readonly text: string }

export type Condition =
  | {
      readonly kind: 'compare'
      readonly field: string
      readonly operator: Operator
      readonly literals: readonly Literal[]
      readonly list: boolean
    }
  | SemiJoin
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }

/** `field IN (SELECT …)`. */
export type SemiJoin = {
  readonly kind: 'semi-join'
  readonly field: string
  readonly operator: 'IN' | 'NOT IN'
  readonly select: Query
}

type Comparison = Extract<Condition, { kind: 'compare' | 'semi-join' }>
type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Comparison

/**
 * The condition tree of a WHERE clause; the parser only counts parentheses, so precedence is made
 * here.
 */
export function conditionTree(clause: WhereClause): Condition {
  const tokens = flatten(clause)
  let at = 0

  const expression = (): Condition => {
    const parts = [term()]
    const operator = tokens[at]
    if (operator !== 'AND' && operator !== 'OR') return parts[0] ?? malformed(undefined)
    while (tokens[at] === 'AND' || tokens[at] === 'OR') {
      // Salesforce refuses `a AND b OR c`: the two mix only with parentheses.
      if (tokens[at] !== operator) malformed(tokens[at])
      at += 1
      parts.push(term())
    }
    return { kind: operator === 'AND' ? 'and' : 'or', parts }
  }

  const term = (): Condition => {
    const token = tokens[at]
    at += 1
    if (token === 'NOT') return { kind: 'not', part: term() }
    if (token === '(') {
      const inner = expression()
      if (tokens[at] !== ')') malformed(undefined)
      at += 1
      return inner
    }
    if (token === undefined || typeof token === 'string') return malformed(token)
    return token
  }

  const tree = expression()
  if (at < tokens.length) malformed(tokens[at])
  return tree
}

function malformed(token: Token | undefined): never {
  const text = typeof token === 'object' ? token.field : (token ?? '<EOF>')
  throw soqlError('MALFORMED_QUERY', `unexpected token: '${text}'`)
}

function flatten(clause: WhereClause): Token[] {
  const tokens: Token[] = []
  let rest: WhereClause | undefined = clause
  while (rest !== undefined) {
    const { left } = rest
    const next: { operator: 'AND' | 'OR' | 'NOT'; right: WhereClause } | undefined = 'right' in rest ? rest : undefined
    for (let n = left?.openParen ?? 0; n > 0; n--) tokens.push('(')
    if (left !== null && 'operator' in left) {
      tokens.push(comparison(left))
      for (let n = left.closeParen ?? 0; n > 0; n--) tokens.push(')')
    }
    if (next !== undefined) tokens.push(next.operator)
    rest = next?.right
  }
  return tokens
}

function comparison(left: Exclude<NonNullable<WhereClause['left']>, { openParen: number }>): Comparison {
  if (!('operator' in left)) return malformed('NOT')
  if ('fn' in left) throw soqlError('MALFORMED_QUERY', 'the sandbox knows no functions in WHERE')
  if ('valueQuery' in left) {
    const { field, operator, valueQuery } = left
    if (operator !== 'IN' && operator !== 'NOT IN') return malformed('(')
    return { kind: 'semi-join', field, operator, select: valueQuery }
  }
  const list = Array.isArray(left.value)
  const texts: readonly string[] = Array.isArray(left.value) ? left.value : [left.value]
  const types = left.literalType
  const literals = texts.map((text, n) => ({
    text,
    type: (Array.isArray(types) ? types[n] : types) ?? ('STRING' as const),
  }))
  return { kind: 'compare', field: left.field, operator: left.operator, literals, list }
}
