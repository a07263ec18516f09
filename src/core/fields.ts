import { isDate } from './clock.ts'
import { canonical, type Json } from './json.ts'
import { isRef, type Ref } from './refs.ts'

/**
 * How values of a field are compared and written. `name` is text whose surrounding blanks do not
 * count, as Zendesk trims names; `reference` is the numeric id of another record, or a ref to one
 * that does not exist yet.
 */
export type FieldType = 'text' | 'name' | 'checkbox' | 'decimal' | 'integer' | 'date' | 'dropdown' | 'reference'
export type FieldTypes = { readonly [field: string]: FieldType }

type Values = {
  text: string
  name: string
  checkbox: boolean
  decimal: number
  integer: number
  date: string
  dropdown: string
  reference: number | Ref
}

/**
 * What a field is computed from: columns of the source, a fact of the processor, or nothing (only
 * an override sets it: AMB-13).
 */
export type Reads =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'fact'; readonly fact: string }
  | { readonly kind: 'nothing' }

/** The value of a field from the values it reads, in the order in which they are named. */
export type Derive = (...values: readonly Json[]) => Json

/**
 * One line of a field table: column, derivation, type. Query, record, comparison and payload follow
 * from it.
 */
export type Field<Type extends FieldType = FieldType> = {
  readonly type: Type
  readonly reads: Reads
  readonly derive: Derive
}
export type FieldTable = { readonly [field: string]: Field }

/** The record that a field table describes; null is an empty field. */
export type RecordOf<Table extends FieldTable> = { readonly [Name in keyof Table]: Values[Table[Name]['type']] | null }

type Fact = { readonly fact: string }
/** A value that a processor computes, by its name. */
export const fact = (name: string): Fact => ({ fact: name })

type From = string | readonly string[] | Fact
const field =
  <Type extends FieldType>(type: Type) =>
  (from?: From, derive: Derive = (value = null) => value): Field<Type> => ({ type, reads: readsOf(from), derive })

export const text = field('text')
export const name = field('name')
export const checkbox = field('checkbox')
export const decimal = field('decimal')
export const integer = field('integer')
export const date = field('date')
export const dropdown = field('dropdown')
export const reference = field('reference')

function readsOf(from: From | undefined): Reads {
  if (from === undefined) return { kind: 'nothing' }
  if (typeof from === 'string') return { kind: 'columns', columns: [from] }
  if ('fact' in from) return { kind: 'fact', fact: from.fact }
  return { kind: 'columns', columns: from }
}

/** True where the value is exactly `expected`, case included (SFA-30). */
export const is =
  (expected: string): Derive =>
  (value) =>
    value === expected

/** Lower case; an empty value becomes `none` (SFA-14). */
export const lower =
  ({ none }: { none: string }): Derive =>
  (value) =>
    typeof value === 'string' && value !== '' ? value.toLowerCase() : none

/** The same value for every record; such a field reads no column: `checkbox([], always(false))`. */
export const always =
  (value: Json): Derive =>
  () =>
    value

/** The first `length` characters (FLD-02). */
export const first =
  (length: number): Derive =>
  (value) =>
    typeof value === 'string' ? value.slice(0, length) : null

export const typesOf = (table: FieldTable): FieldTypes =>
  Object.fromEntries(Object.entries(table).map(([key, { type }]) => [key, type]))

/** Every column that the tables read, each once. */
export function columnsOf(tables: readonly FieldTable[]): string[] {
  const columns = tables.flatMap((table) =>
    Object.values(table).flatMap(({ reads }) => (reads.kind === 'columns' ? reads.columns : [])),
  )
  return [...new Set(columns)]
}

/**
 * The one form of a value that counts as equal (CMP-02): empty text and a missing value are null,
 * an empty checkbox is false, numbers are numbers, a date is `YYYY-MM-DD`. A value that does not
 * fit its type is left as it is, so that it differs and is seen.
 */
export function normalise(type: FieldType, value: Json | undefined): Json {
  switch (type) {
    case 'text':
    case 'dropdown':
      return value === undefined || value === '' ? null : typeof value === 'number' ? String(value) : value
    case 'name':
      return typeof value === 'string' ? value.trim() || null : (value ?? null)
    case 'checkbox':
      return value === undefined || value === null || value === '' ? false : value
    case 'decimal':
    case 'integer':
    case 'reference':
      return number(value)
    case 'date':
      return value === undefined || value === '' ? null : typeof value === 'string' ? value.slice(0, 10) : value
  }
}

function number(value: Json | undefined): Json {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return null
  return typeof value === 'string' && Number.isFinite(Number(value)) ? Number(value) : value
}

/** Why `value` cannot be a value of `type`, or undefined. Null, an empty field, always can. */
export function misfit(type: FieldType, value: Json): string | undefined {
  if (value === null) return undefined
  switch (type) {
    case 'text':
    case 'name':
    case 'dropdown':
      return typeof value === 'string' ? undefined : 'must be text'
    case 'checkbox':
      return typeof value === 'boolean' ? undefined : 'must be true or false'
    case 'decimal':
      return typeof value === 'number' ? undefined : 'must be a number'
    case 'integer':
      return Number.isInteger(value) ? undefined : 'must be a whole number'
    case 'reference':
      return Number.isInteger(value) || isRef(value) ? undefined : 'must be the id of a record, or refer to one'
    case 'date':
      return typeof value === 'string' && isDate(value.slice(0, 10)) && /^(T|$)/.test(value.slice(10))
        ? undefined
        : 'must be a date, YYYY-MM-DD'
  }
}

/** Whether two values of a field are the same to everyone who reads them. */
export function same(type: FieldType, one: Json | undefined, other: Json | undefined): boolean {
  const [a, b] = [normalise(type, one), normalise(type, other)]
  return a === b || (isRef(a) && isRef(b) && canonical(a) === canonical(b))
}
