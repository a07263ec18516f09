import { isDate, ZdsError } from 'zds'

/** A date literal, which SOQL writes without quotes. Made by `soqlDate` only. */
export type SoqlDate = { readonly kind: 'soql-date'; readonly date: string }
type Scalar = string | number | boolean | null | SoqlDate
export type SoqlValue = Scalar | readonly Scalar[]

/**
 * What SOQL knows as escapes inside a string; any other backslash is an error (salesforce-api: SOQL
 * and SOSL reference, reserved characters).
 */
const ESCAPES: { readonly [character: string]: string } = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
}

/** `text` as a SOQL string literal, quotes included: whatever it holds, it stays one literal. */
export function quote(text: string): string {
  return `'${text.replace(/[\\'\n\r\t\b\f]/g, (character) => ESCAPES[character] ?? character)}'`
}

/** A calendar date for `soql`; throws CONFIG_INVALID unless it is `YYYY-MM-DD` and exists. */
export function soqlDate(date: string): SoqlDate {
  if (isDate(date)) return { kind: 'soql-date', date }
  throw new ZdsError('CONFIG_INVALID', `soqlDate was given ${JSON.stringify(date)}, which is not a date`, {
    hint: 'Write it as YYYY-MM-DD.',
  })
}

/**
 * SOQL text whose values are literals, never syntax: strings are escaped and quoted, a list becomes
 * `('a','b')`, dates come from `soqlDate`. Throws CONFIG_INVALID for an empty list, which no SOQL
 * can say, and for a number that has no literal.
 */
export function soql(strings: TemplateStringsArray, ...values: readonly SoqlValue[]): string {
  return strings.reduce((text, part, index) => text + literal(values[index - 1] ?? null) + part)
}

function literal(value: SoqlValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return numeral(value)
  if ('kind' in value) return value.date
  if (value.length > 0) return `(${value.map(literal).join(',')})`
  throw new ZdsError('CONFIG_INVALID', 'soql was given an empty list, and SOQL has no empty IN ()', {
    hint: 'Leave the condition or the whole query out when there is nothing to look for.',
  })
}

function numeral(value: number): string {
  const text = String(value)
  if (/^-?\d+(\.\d+)?$/.test(text)) return text
  throw new ZdsError('CONFIG_INVALID', `soql was given the number ${text}, which SOQL cannot write`)
}
