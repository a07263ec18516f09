import type { Json } from '../../types.ts'
import type { Column } from '../schema.ts'
import { soqlError } from './errors.ts'
import type { Literal } from './where.ts'

/**
 * The text of a quoted string; only the escapes that SOQL knows are taken, `\_` and `\%` stay as
 * they are for LIKE.
 */
export function unquote(literal: Literal, like: boolean): string {
  return literal.text.slice(1, -1).replaceAll(/\\(u[0-9a-fA-F]{4}|[\s\S]?)/g, (whole, escape: string) => {
    const simple = simpleEscapes[escape.toLowerCase()]
    if (simple !== undefined) return like && escape === '\\' ? '\\\\' : simple
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    if (like && (escape === '_' || escape === '%')) return whole
    throw soqlError('MALFORMED_QUERY', `line 1:1 no viable alternative at character '\\${escape}'`)
  })
}

const simpleEscapes: { readonly [escape: string]: string } = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
}

/** A LIKE pattern as a regular expression: `%` any text, `_` one character, no case. */
export function likePattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\[\s\S]|[\s\S]/g, (part) => {
    if (part === '%') return String.raw`[\s\S]*`
    if (part === '_') return String.raw`[\s\S]`
    return part.replace(/^\\/, '').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 'i')
}

/** A span of days from the first to the last, both `YYYY-MM-DD`. */
export type Days = { readonly first: string; readonly last: string }

/** The days that a date literal means, counted from `today` (`YYYY-MM-DD`). */
export function dateLiteral(text: string, today: string): Days {
  const [name = '', count] = text.split(':')
  const n = Number(count ?? 0)
  const day = (offset: number): string => new Date(Date.parse(today) + offset * 86_400_000).toISOString().slice(0, 10)
  switch (name.toUpperCase()) {
    case 'TODAY':
      return { first: today, last: today }
    case 'YESTERDAY':
      return { first: day(-1), last: day(-1) }
    case 'TOMORROW':
      return { first: day(1), last: day(1) }
    case 'LAST_N_DAYS':
      return { first: day(-n), last: today }
    case 'NEXT_N_DAYS':
      return { first: day(1), last: day(n) }
    case 'N_DAYS_AGO':
      return { first: day(-n), last: day(-n) }
    default:
      throw soqlError('MALFORMED_QUERY', `the sandbox does not know the date literal ${text}`)
  }
}

/** A value in the form that values are compared in. */
export type Comparable = string | number | boolean | null

/**
 * What two equal values have in common: no case for text, the first 15 characters for ids, an empty
 * text is null, an unset checkbox false.
 */
export function comparable(value: Json, column: Column): Comparable {
  if (column.type === 'boolean') return value === true
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value !== 'string' || value === '') return null
  if (column.type === 'id' || column.type === 'reference') return value.slice(0, 15)
  if (column.type === 'datetime') return Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  if (column.type === 'multipicklist') return value.toLowerCase().split(';').sort().join(';')
  return value.toLowerCase()
}
