import { isDate } from './clock.ts'
import { canonical, type Json } from './json.ts'
import { isRef, type Ref } from './refs.ts'

/**
 * What a field can hold, and how its values are compared and checked. Null is an empty field and
 * fits every type.
 */
export interface FieldType<Value extends Json = Json, Keyable extends boolean = boolean> {
  /** As messages call it: `text`. */
  readonly name: string
  /** Whether a value can say whose record it is: an id can, a checkbox cannot. */
  readonly keyable: Keyable
  /**
   * The one form of a value that counts as equal (CMP-02). What does not fit is left as it is, so
   * that it differs and is seen.
   */
  normalise(value: Json): Json
  /** Why a value that is not null cannot be one of this type, or undefined. */
  misfit(value: Json): string | undefined
  /** Whether two values in their normal form are the same to everyone who reads them. */
  same(one: Json, other: Json): boolean
  /**
   * The value with each ref in it replaced by the id of its record. Without it no ref can be in a
   * field of this type.
   */
  bind?(value: Json, idOf: (ref: Ref) => Json): Json
  /** Never there: it tells the compiler what `RecordOf` makes of a field of this type. */
  readonly holds?: Value
}

/** What our own types hold, and whether it can say whose record it is. */
type Own = {
  readonly text: readonly [string, true]
  readonly name: readonly [string, true]
  readonly dropdown: readonly [string, true]
  readonly checkbox: readonly [boolean, false]
  readonly decimal: readonly [number, false]
  readonly integer: readonly [number, true]
  readonly date: readonly [string, true]
  readonly instant: readonly [string, true]
  readonly reference: readonly [string | Ref, true]
}

/**
 * One of our own types. `is` is never there: it tells the compiler those apart that hold the same
 * values; a type of a plugin has none, and may be whatever a service holds such values in.
 */
export interface OwnType<Is extends keyof Own> extends FieldType<Own[Is][0], Own[Is][1]> {
  readonly is?: Is
}

export type FieldTypes = { readonly [field: string]: FieldType }

/** Equality is by type: an unknown field is compared as text. */
export const normalise = (type: FieldType | undefined, value: Json | undefined): Json =>
  (type ?? TEXT).normalise(value ?? null)

/** Why `value` cannot be a value of `type`, or undefined. */
export const misfit = (type: FieldType, value: Json): string | undefined =>
  value === null ? undefined : type.misfit(value)

/** Whether two values of a field are the same to everyone who reads them. */
export function same(type: FieldType | undefined, one: Json | undefined, other: Json | undefined): boolean {
  const [a, b] = [normalise(type, one), normalise(type, other)]
  return a === b || (type ?? TEXT).same(a, b)
}

const identical = (one: Json, other: Json): boolean => one === other
const alike = (one: Json, other: Json): boolean => canonical(one) === canonical(other)
const must =
  (words: string, fits: (value: Json) => boolean) =>
  (value: Json): string | undefined =>
    fits(value) ? undefined : words
const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const TEXTUAL: FieldType<string, true> = {
  name: 'text',
  keyable: true,
  normalise: (value) => (value === '' ? null : typeof value === 'number' ? String(value) : value),
  misfit: must('must be text', (value) => typeof value === 'string'),
  same: identical,
}

export const TEXT: OwnType<'text'> = TEXTUAL

export const NAME: OwnType<'name'> = {
  ...TEXTUAL,
  name: 'name',
  normalise: (value) => (typeof value === 'string' ? value.trim() || null : value),
}

export const DROPDOWN: OwnType<'dropdown'> = { ...TEXTUAL, name: 'dropdown' }

export const CHECKBOX: OwnType<'checkbox'> = {
  name: 'checkbox',
  keyable: false,
  normalise: (value) => (value === null || value === '' ? false : value),
  misfit: must('must be true or false', (value) => typeof value === 'boolean'),
  same: identical,
}

const NUMERIC: FieldType<number, false> = {
  name: 'decimal',
  keyable: false,
  normalise: (value) => {
    if (typeof value !== 'string') return value
    if (value.trim() === '') return null
    return Number.isFinite(Number(value)) ? Number(value) : value
  },
  misfit: must('must be a number', Number.isFinite),
  same: identical,
}

export const DECIMAL: OwnType<'decimal'> = NUMERIC

export const INTEGER: OwnType<'integer'> = {
  ...NUMERIC,
  name: 'integer',
  keyable: true,
  misfit: must('must be a whole number', Number.isInteger),
}

export const DATE: OwnType<'date'> = {
  name: 'date',
  keyable: true,
  normalise: (value) => (value === '' ? null : typeof value === 'string' ? value.slice(0, 10) : value),
  misfit: must(
    'must be a date, YYYY-MM-DD',
    (value) => typeof value === 'string' && isDate(value.slice(0, 10)) && /^(T|$)/.test(value.slice(10)),
  ),
  same: identical,
}

/** A moment without its zone would be another one for each who reads it. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/
function momentOf(value: Json): string | undefined {
  if (typeof value !== 'string' || !isDate(MOMENT.exec(value)?.[1] ?? '')) return undefined
  const moment = new Date(value)
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString()
}

export const INSTANT: OwnType<'instant'> = {
  name: 'instant',
  keyable: true,
  normalise: (value) => (value === '' ? null : (momentOf(value) ?? value)),
  misfit: must('must be a moment with its zone, 2026-03-16T10:00:00Z', (value) => momentOf(value) !== undefined),
  same: identical,
}

/** No number is made of an id: it may begin with a zero, be longer than a number, or be a UUID. */
export const REFERENCE: OwnType<'reference'> = {
  name: 'reference',
  keyable: true,
  normalise: (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
    return value === '' ? null : value
  },
  misfit: must(
    'must be the id of a record as text, or refer to one',
    (value) => typeof value === 'string' || isRef(value),
  ),
  same: alike,
  bind: (value, idOf) => (isRef(value) ? idOf(value) : value),
}

export const JSON_VALUE: FieldType<Json, false> = {
  name: 'json',
  keyable: false,
  normalise: (value) => value,
  misfit: () => undefined,
  same: alike,
}

/** Lists of values of one type; an empty one is an empty field. */
export function listType<Value extends Json>(of: FieldType<Value>): FieldType<readonly Value[], false> {
  const bindOne = of.bind?.bind(of)
  return {
    name: 'list',
    keyable: false,
    normalise: (value) => {
      if (value === '' || (isList(value) && value.length === 0)) return null
      return isList(value) ? value.map((item) => of.normalise(item)) : value
    },
    misfit: (value) => {
      if (!isList(value)) return 'must be a list'
      const words = value.map((item) => of.misfit(item)).find((problem) => problem !== undefined)
      return words === undefined ? undefined : `must be a list, and each of it ${words}`
    },
    same: (one, other) =>
      isList(one) && isList(other)
        ? one.length === other.length && one.every((item, at) => of.same(item, other[at] ?? null))
        : alike(one, other),
    ...(bindOne && { bind: (value, idOf) => (isList(value) ? value.map((item) => bindOne(item, idOf)) : value) }),
  }
}
