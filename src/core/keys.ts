import { normalise, type FieldTypes } from './field-types.ts'
import type { Json } from './json.ts'

/**
 * One spelling of each key that the other system takes for the same; undefined for a text that can
 * be no key there. Of a key of several values it is given each.
 */
export type Fold = (text: string) => string | undefined

/** The fold of systems that do not tell upper case from lower case. */
export const lowerCase: Fold = (text) => text.toLowerCase()

/** A name as names are compared (AMB-20): trimmed and without case; empty for what is no text. */
export const foldName = (value: Json | undefined): string =>
  typeof value === 'string' ? value.trim().toLowerCase() : ''

/** How a sync knows a record: by the field or the fields of its key. */
export type KeyRule = { readonly key: string | readonly string[]; readonly fold?: Fold | undefined }

/**
 * A key as it was found, and folded. Both are empty where there is none; the second where it can be
 * none.
 */
type Key = { readonly raw: string; readonly text: string }

/**
 * The text of a key of one value, or of several: `keyOf(user, group)`. Empty where a value is
 * missing: then there is no key.
 */
export function keyOf(...values: readonly Json[]): string {
  const texts = values.map(textOf)
  if (texts.includes('')) return ''
  return texts.length === 1 ? texts.join('') : texts.map((text) => text.replaceAll(/[\\/]/g, '\\$&')).join('/')
}

/** The values of a key of several, as `keyOf` has joined them. The last match is the empty end. */
const valuesIn = (key: string): string[] =>
  [...key.matchAll(/((?:[^\\/]|\\.)*)(?:\/|$)/g)].slice(0, -1).map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'))

const textOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** Reads the keys of both sides of a sync, so that what means one record has one text. */
export interface KeyReader {
  /** Of a record of the target. */
  readonly ofFields: (fields: { readonly [field: string]: Json }) => Key
  /** Of what a processor calls a key. */
  readonly ofText: (key: string) => Key
}

export function keyReader({ key, fold = (text) => text }: KeyRule, types: FieldTypes): KeyReader {
  const names = typeof key === 'string' ? [key] : key
  const read = (values: readonly (Json | undefined)[]): Key => {
    const texts = names.map((name, at) => textOf(normalise(types[name], values[at])))
    const raw = keyOf(...texts)
    const folded = raw === '' ? [] : texts.map((text) => fold(text) ?? '')
    return { raw, text: keyOf(...folded) }
  }
  return {
    ofFields: (fields) => read(names.map((name) => fields[name])),
    ofText: (text) => {
      const values = names.length === 1 ? [text] : valuesIn(text)
      return read(values.length === names.length ? values : [])
    },
  }
}
