import { messageOf, refuse, ZdsError } from './errors.ts'
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
import { isRecord, type Json } from './json.ts'
import type { ColumnOf, FactNamed, FactOf } from './known.ts'

/**
 * What a field is computed from: columns of the source, a fact of the processor, or nothing (only
 * an override sets it: AMB-13).
 */
type Reads =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'fact'; readonly fact: string }
  | { readonly kind: 'nothing' }

/** The value of a field from the values it reads, in the order in which they are named. */
export type Derive<Made extends Json = Json> = {
  (...values: readonly Json[]): Made
  /** All that it can make, where that is a few words. */
  readonly values?: readonly string[]
}

/**
 * One line of a field table: column, derivation, type. Query, record, comparison and payload follow
 * from it.
 */
export type Field<Type extends FieldType = FieldType, Word extends string = string> = {
  readonly type: Type
  readonly reads: Reads
  readonly derive: Derive
  /** Never there: it tells the compiler the few words that it can be, where they are known. */
  readonly makes?: Word
}
export type FieldTable = { readonly [field: string]: Field }

type ValueOf<Type extends FieldType> = Type extends FieldType<infer Value> ? Value : never

/** The record that a field table describes; null is an empty field. */
export type RecordOf<Table extends FieldTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]['type']> | null }

/**
 * The records that a field table makes. They are as `RecordOf` says, and where it is known that a
 * field can be a few words only, it is one of them; what a record holds already may be another one.
 */
export type DesiredOf<Table extends FieldTable> = { readonly [Name in keyof Table]: MadeBy<Table[Name]> | null }

type MadeBy<F extends Field> = F extends { readonly makes?: infer Word }
  ? [Word] extends [never]
    ? ValueOf<F['type']>
    : string extends Word
      ? ValueOf<F['type']>
      : Word
  : never

/** The fields of a table whose values can say whose record it is. */
export type KeyableIn<Table extends FieldTable> = {
  readonly [Name in keyof Table]: Table[Name]['type']['keyable'] extends false ? never : Name
}[keyof Table] &
  string

/** A value that a processor computes. */
export type Fact<Value extends Json = Json> = {
  readonly fact: string
  /** Never there: it tells the compiler what the fact is. */
  readonly is?: Value
}

/** A value that a processor computes, by its name: `dropdown(fact('level'))`. */
export function fact<const Name extends FactOf<Json>>(name: Name): Fact<FactNamed<Name>> {
  assertText(name, 'fact')
  return { fact: name }
}

/** Node does not look at types: a list of texts would be none of them, without a word. */
function assertText(given: unknown, what: string): void {
  if (typeof given === 'string') return
  throw new ZdsError('CONFIG_INVALID', `${what}(…) takes one text, and was given ${JSON.stringify(given)}`)
}

/** The words among what can be made, where they are a few. */
type Words<Made> = Made extends string ? (string extends Made ? never : Made) : never

/** Nothing, where it is not known what is made, or that fits; else what would. */
type Fit<Made, Value extends Json> = Json extends Made ? unknown : Derive<Value | null>

/**
 * Makes fields of one type: from a column, several of them in the order in which `derive` gets
 * them, a fact, or nothing. The type itself is `text.type`.
 */
export type FieldMaker<Type extends FieldType> = {
  <const Made extends ValueOf<Type>>(
    from?: ColumnOf<ValueOf<Type>> | readonly ColumnOf<ValueOf<Type>>[] | Fact<Made>,
  ): Field<Type, Words<Made>>
  <const Made extends Json>(
    from: ColumnOf<Json> | readonly ColumnOf<Json>[] | Fact,
    derive: Derive<Made> & Fit<Made, ValueOf<Type>>,
  ): Field<Type, Words<Made>>
  readonly type: Type
}

/** A maker of fields of a type of your own, as `text` is one of texts. */
export function field<Type extends FieldType>(type: Type): FieldMaker<Type> {
  const make = (from?: From, derive: Derive = (value = null) => value): Field<Type, never> => {
    assertDerivation(derive, type)
    return { type, reads: readsOf(from), derive }
  }
  return Object.assign(make, { type })
}

/** Node does not look at types: a derivation may be the value that is meant. */
function assertDerivation(derive: unknown, { name: called }: FieldType): void {
  if (typeof derive === 'function') return
  const message = `A field of ${called} was given ${JSON.stringify(derive)} to derive its value by, which is no function`
  throw new ZdsError('CONFIG_INVALID', message, { hint: "Write is('…'), always('…'), or (value) => …" })
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

type From = string | readonly string[] | Fact

function readsOf(from: From | undefined): Reads {
  if (from === undefined) return { kind: 'nothing' }
  if (typeof from === 'string') return { kind: 'columns', columns: [from] }
  if ('fact' in from) return { kind: 'fact', fact: from.fact }
  return { kind: 'columns', columns: from }
}

/**
 * The value of a field from what it reads. Throws ROW_INVALID where its derivation throws, or returns
 * nothing: a case that it forgets would empty the field. `place` says of which record.
 */
export function derived({ derive }: Field, values: readonly Json[], place: () => string): Json {
  const refused = (why: string, hint: string, cause?: unknown): ZdsError => {
    const message = `its derivation ${why}`
    const issues = [{ code: 'ROW_INVALID', where: place(), message, hint }]
    return new ZdsError('ROW_INVALID', `${place()}: ${message}`, { cause, hint, issues })
  }
  let made: Json | undefined
  try {
    made = derive(...values)
  } catch (cause) {
    if (cause instanceof ZdsError) throw cause
    throw refused(`throws: ${messageOf(cause)}`, 'Correct it in the configuration.', cause)
  }
  if (made !== undefined) return made
  throw refused('returns nothing', 'Cover the case in the configuration; an empty field is null.')
}

/** True where the value is exactly `expected`, case included (SFA-30). */
export function is(expected: string): Derive<boolean> {
  assertText(expected, 'is')
  return (value) => value === expected
}

/** Lower case; an empty value becomes `none` (SFA-14). */
export const lower =
  ({ none }: { none: string }): Derive<string> =>
  (value) =>
    typeof value === 'string' && value !== '' ? value.toLowerCase() : none

/** The same value for every record; such a field reads no column: `checkbox([], always(false))`. */
export const always = <const Made extends Json>(value: Made): Derive<Made> =>
  Object.assign(() => value, typeof value === 'string' && { values: [value] })

/** The first `length` characters (FLD-02). */
export const first =
  (length: number): Derive<string | null> =>
  (value) =>
    typeof value === 'string' ? value.slice(0, length) : null

/** The types of the fields of a table, by name. */
export type TypesOf<Table extends FieldTable> = { readonly [Name in keyof Table]: Table[Name]['type'] }

export function typesOf<const Table extends FieldTable>(table: Table): TypesOf<Table> {
  // Object.fromEntries forgets which keys it was given.
  return Object.fromEntries(fieldsIn(table).map(([key, { type }]) => [key, type])) as TypesOf<Table>
}

/** Every column that the tables read, each once. */
export function columnsOf(tables: readonly FieldTable[]): string[] {
  const columns = tables.flatMap((table) =>
    fieldsIn(table).flatMap(([, { reads }]) => (reads.kind === 'columns' ? reads.columns : [])),
  )
  return [...new Set(columns)]
}

/** The fields of a table. Throws CONFIG_INVALID with all of it that is none: Node does not look at types. */
function fieldsIn(table: FieldTable): [name: string, field: Field][] {
  const entries = Object.entries(table)
  const hint = "Write it as text('Column__c'), or with another type."
  const strange = entries.filter(([, one]: [string, unknown]) => !isRecord(one) || !('reads' in one))
  refuse(
    'CONFIG_INVALID',
    'A field table holds what is no field',
    strange.map(([where]) => ({ code: 'CONFIG_INVALID', where, message: 'is no field', hint })),
  )
  return entries
}
