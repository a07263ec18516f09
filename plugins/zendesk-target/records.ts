import { normalise, same, ZdsError, type Change, type Existing, type FieldTypes, type Json, type JsonObject } from 'zds'
import { idIn, objectIn } from './replies.ts'

/** What belongs to an organization itself; every other field of a table is a custom field (zendesk-api.md 2). */
export const ATTRIBUTES: ReadonlySet<string> = new Set(['name', 'external_id'])

/** An organization as the engine sees it: the fields of the table and nothing else. Throws HTTP_UNREADABLE where it has no id. */
export function recordOf(row: JsonObject, types: FieldTypes): Existing {
  const id = idIn(row)
  if (id === undefined) throw new ZdsError('HTTP_UNREADABLE', 'Zendesk gave an organization without an id')
  const custom = objectIn(row, 'organization_fields')
  const fields = Object.entries(types).map(([key, type]) => [key, normalise(type, ATTRIBUTES.has(key) ? row[key] : custom[key])] as const)
  return { id, fields: Object.fromEntries(fields) }
}

/** The body that writes what the change names, and nothing else: Zendesk merges `organization_fields` by key. */
export function bodyOf({ fields }: Change): JsonObject {
  const body: { [key: string]: Json } = {}
  const custom: { [key: string]: Json } = {}
  for (const [key, { to }] of Object.entries(fields)) (ATTRIBUTES.has(key) ? body : custom)[key] = to
  return Object.keys(custom).length === 0 ? body : { ...body, organization_fields: custom }
}

/** The fields in which the record is not as the change means it. */
export function differences(change: Change, { fields }: Existing, types: FieldTypes): string[] {
  return Object.entries(change.fields)
    .filter(([key, { to }]) => !same(types[key] ?? 'text', fields[key], to))
    .map(([key]) => key)
}
