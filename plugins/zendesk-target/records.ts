import {
  foldAddress,
  normalise,
  ZdsError,
  type Change,
  type Existing,
  type FieldType,
  type FieldTypes,
  type Json,
  type JsonObject,
} from 'zds'
import type { Kind } from './kinds.ts'
import { idIn, objectIn } from './replies.ts'

/**
 * A record as the engine sees it: the fields of the table and nothing else. Throws HTTP_UNREADABLE
 * where it has no id.
 */
export function recordOf(row: JsonObject, kind: Kind, types: FieldTypes): Existing {
  const id = idIn(row)
  if (id === undefined)
    throw new ZdsError('HTTP_UNREADABLE', `Zendesk gave one of the ${kind.resource} without a usable id`)
  const custom = objectIn(row, kind.custom)
  const fields = Object.entries(types).map(([key, type]) => {
    const value = normalise(type, key in kind.attributes ? row[key] : custom[key])
    return [key, typeof value === 'string' && kind.addresses.includes(key) ? foldAddress(value) : value] as const
  })
  return { id, fields: Object.fromEntries(fields) }
}

/**
 * The body that writes what the change names, and nothing else: Zendesk merges custom fields by
 * key, and takes ids of records as numbers only.
 */
export function bodyOf({ fields }: Change, kind: Kind): JsonObject {
  const body: { [key: string]: Json } = {}
  const custom: { [key: string]: Json } = {}
  for (const [key, { to }] of Object.entries(fields)) {
    const attribute = kind.attributes[key]
    if (attribute === undefined) custom[key] = to
    else body[key] = wireOf(attribute, to)
  }
  return Object.keys(custom).length === 0 ? body : { ...body, [kind.custom]: custom }
}

/**
 * Ids are text to the engine, and numbers to Zendesk (ZD-19). What is no such number goes as it is, to
 * be refused: made one, it would be null, or the id of another record.
 */
function wireOf({ name }: FieldType, value: Json): Json {
  const id = Number(value)
  return name === 'reference' && Number.isSafeInteger(id) && String(id) === value ? id : value
}
