import {
  CHECKBOX,
  DATE,
  DECIMAL,
  DROPDOWN,
  INSTANT,
  INTEGER,
  JSON_VALUE,
  listType,
  NAME,
  REFERENCE,
  TEXT,
  type FieldType,
} from './field-types.ts'
import type { Json } from './json.ts'

/**
 * What a field is computed from: columns of the source, a fact of the processor, or nothing (only
 * an override sets it: AMB-13).
 */
type Reads =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'fact'; readonly fact: string }
  | { readonly kind: 'nothing' }

/** The value of a field from the values it reads, in the order in which they are named. */
export type Derive = {
  (...values: readonly Json[]): Json
  /** All that it can make, where that is a few words. */
  readonly values?: readonly string[]
}

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

type ValueOf<Type extends FieldType> = Type extends FieldType<infer Value> ? Value : never

/** The record that a field table describes; null is an empty field. */
export type RecordOf<Table extends FieldTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]['type']> | null }

/** The fields of a table whose values can say whose record it is. */
export type KeyableIn<Table extends FieldTable> = {
  readonly [Name in keyof Table]: Table[Name]['type']['keyable'] extends false ? never : Name
}[keyof Table] &
  string

type Fact = { readonly fact: string }

/** A value that a processor computes, by its name: `dropdown(fact('level'))`. */
export const fact = (name: string): Fact => ({ fact: name })

type From = string | readonly string[] | Fact

/**
 * Makes fields of one type: from a column, several of them in the order in which `derive` gets
 * them, a fact, or nothing. The type itself is `text.type`.
 */
export type FieldMaker<Type extends FieldType> = {
  (from?: From, derive?: Derive): Field<Type>
  readonly type: Type
}

/** A maker of fields of a type of your own, as `text` is one of texts. */
export function field<Type extends FieldType>(type: Type): FieldMaker<Type> {
  const make = (from?: From, derive: Derive = (value = null) => value): Field<Type> => ({
    type,
    reads: readsOf(from),
    derive,
  })
  return Object.assign(make, { type })
}

/** A field of text. An empty text is an empty field; blanks and case count. */
export const text = field(TEXT)
/** A field of text whose surrounding blanks do not count. */
export const name = field(NAME)
/** A field of true or false; an empty one is false. */
export const checkbox = field(CHECKBOX)
/** A field of numbers: 12 and '12.0' are the same, 0 is not an empty field. */
export const decimal = field(DECIMAL)
/** A field of whole numbers. */
export const integer = field(INTEGER)
/**
 * A field of calendar dates, `YYYY-MM-DD`; what follows the first ten characters does not count.
 */
export const date = field(DATE)
/** A field of moments, `2026-03-16T10:00:00Z`; the same moment in another zone is the same. */
export const instant = field(INSTANT)
/** A field whose values are options that the target knows, by their value or tag. */
export const dropdown = field(DROPDOWN)
/**
 * A field with the id of another record, as text, or a `ref` to one that does not exist yet. What
 * an id is in a request is the target's business.
 */
export const reference = field(REFERENCE)
/** A field of any JSON, compared as a whole; the order of the keys of an object does not count. */
export const json = field(JSON_VALUE)
/** A maker of fields with a list of values of one type, in their order: `listOf(text)('Tags')`. */
export const listOf = <Value extends Json>({ type }: FieldMaker<FieldType<Value>>) => field(listType(type))

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

/** The types of the fields of a table, by name. */
export type TypesOf<Table extends FieldTable> = { readonly [Name in keyof Table]: Table[Name]['type'] }

export function typesOf<const Table extends FieldTable>(table: Table): TypesOf<Table> {
  // Object.fromEntries forgets which keys it was given.
  return Object.fromEntries(Object.entries(table).map(([key, { type }]) => [key, type])) as TypesOf<Table>
}

/** Every column that the tables read, each once. */
export function columnsOf(tables: readonly FieldTable[]): string[] {
  const columns = tables.flatMap((table) =>
    Object.values(table).flatMap(({ reads }) => (reads.kind === 'columns' ? reads.columns : [])),
  )
  return [...new Set(columns)]
}
