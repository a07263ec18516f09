import { isDeepStrictEqual } from 'node:util'
import type { Field, FieldValues, Json } from '../types.ts'

/** Validation problems by field, as in the `details` of a 422. */
export type Problems = { [field: string]: { description: string; error?: string }[] }

/**
 * What became of a write: the record and the keys that were dropped silently, or what is wrong with
 * it.
 */
export type Written<T> =
  | { readonly ok: true; readonly record: T; readonly dropped: readonly string[] }
  | { readonly ok: false; readonly problems: Problems }

/** Adds one problem. */
export function problem(problems: Problems, field: string, description: string, error?: string): void {
  ;(problems[field] ??= []).push(error === undefined ? { description } : { description, error })
}

/**
 * Merges new custom field values into old ones: unknown keys go to `dropped`, what is not valid to
 * `problems`.
 */
export function mergeValues(
  old: Readonly<FieldValues>,
  change: Json,
  fields: readonly Field[],
  problems: Problems,
  dropped: string[],
): FieldValues {
  const merged: FieldValues = { ...old }
  if (change === null || typeof change !== 'object' || Array.isArray(change)) return merged
  for (const [key, value] of Object.entries(change)) {
    const field = fields.find((candidate) => candidate.key === key && candidate.active)
    if (field === undefined) {
      dropped.push(key)
      continue
    }
    const read = readValue(field, value)
    if (read === undefined)
      problem(problems, key, `${field.title}: ${JSON.stringify(value)} is invalid`, 'InvalidValue')
    else merged[key] = read
  }
  return merged
}

/** The value as the field keeps it; undefined when the field cannot hold it. */
function readValue(field: Field, value: Json): Json | undefined {
  if (field.type === 'checkbox') {
    if (value === null || value === '') return false
    if (value === 'true' || value === 'false') return value === 'true'
    return typeof value === 'boolean' ? value : undefined
  }
  if (value === null || value === '') return null
  switch (field.type) {
    case 'integer':
    case 'decimal': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
      return field.type === 'integer' && !Number.isInteger(number) ? undefined : number
    }
    case 'date': {
      const day =
        typeof value === 'string' ? /^\d{4}-(1[0-2]|0[1-9])-(3[01]|[12]\d|0[1-9])(?=T|$)/.exec(value)?.[0] : undefined
      return day === undefined ? undefined : `${day}T00:00:00+00:00`
    }
    case 'dropdown':
      return typeof value === 'string' && isOption(field, value) ? value : undefined
    case 'multiselect':
      return Array.isArray(value) && value.every((item) => typeof item === 'string' && isOption(field, item))
        ? value
        : undefined
    case 'regexp':
      return typeof value === 'string' && new RegExp(field.regexp_for_validation ?? '').test(value) ? value : undefined
    case 'text':
    case 'textarea':
    case 'lookup':
      return typeof value === 'object' ? undefined : String(value)
  }
}

function isOption(field: Field, value: string): boolean {
  return field.custom_field_options?.some((option) => option.value === value) ?? false
}

/**
 * The tags after a change of values: a checkbox adds its tag, a dropdown its value; tags of fields
 * that changed go or come. A list that was written as a whole (`replaced`) gets the tags of all
 * fields again.
 */
export function tagsAfter(
  tags: readonly string[],
  before: Readonly<FieldValues>,
  after: Readonly<FieldValues>,
  fields: readonly Field[],
  replaced: boolean,
): string[] {
  const changed = fields.filter((field) => !isDeepStrictEqual(before[field.key] ?? null, after[field.key] ?? null))
  const present = new Set(fieldTags(after, fields))
  const gone = new Set(fieldTags(before, changed).filter((tag) => !present.has(tag)))
  return [...new Set([...tags.filter((tag) => !gone.has(tag)), ...(replaced ? present : fieldTags(after, changed))])]
}

function fieldTags(values: Readonly<FieldValues>, fields: readonly Field[]): string[] {
  return fields.flatMap((field): string[] => {
    const value = values[field.key] ?? null
    if (field.type === 'checkbox') return value === true && field.tag !== undefined ? [field.tag] : []
    if (field.type === 'dropdown' && typeof value === 'string') return [value]
    if (field.type === 'multiselect' && Array.isArray(value)) return value.map(String)
    return []
  })
}

/** A list of tags as Zendesk keeps it; undefined when the value is no such list. */
export function readTags(value: Json): string[] | undefined {
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string')) return undefined
  return [...new Set(value.map((tag) => tag.trim().toLowerCase().replaceAll(/\s+/g, '_')))]
}
