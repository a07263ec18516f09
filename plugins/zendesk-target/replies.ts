import { isObject, ZdsError, type Json, type JsonObject } from 'zds'

/**
 * The objects under `key` of an answer. Throws HTTP_UNREADABLE where there is no list, or one of
 * something else.
 */
export function rowsOf(instance: string, key: string, body: JsonObject): JsonObject[] {
  const rows: Json | undefined = body[key]
  if (isList(rows) && rows.every((row) => isObject(row))) return [...rows]
  throw new ZdsError('HTTP_UNREADABLE', `${instance}: an answer holds no list of ${key}`)
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** The object under `key`; an empty one where there is none. */
export function objectIn(body: JsonObject, key: string): JsonObject {
  const value = body[key]
  return isObject(value) ? value : {}
}

/** The text under `key`, or undefined. */
export function textIn(body: JsonObject, key: string): string | undefined {
  const value = body[key]
  return typeof value === 'string' ? value : undefined
}

/**
 * The id of a record or job as text, or undefined where it has none: Zendesk gives numbers for
 * records, text for jobs. A number too large to be read whole is none: it would be that of another.
 */
export function idIn(row: JsonObject): string | undefined {
  const { id } = row
  if (typeof id === 'number') return Number.isSafeInteger(id) ? String(id) : undefined
  return typeof id === 'string' ? id : undefined
}
