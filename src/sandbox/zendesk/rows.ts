import type { Context } from 'hono'
import { isObject } from '../json.ts'
import type { Env } from '../server/exchange.ts'
import type { Json, Organization, User } from '../types.ts'
import type { Instance } from './instance.ts'
import type { JobRow } from './jobs.ts'
import { parameterMissing, tooManyValues } from './replies.ts'
import type { Written } from './values.ts'

type Change = { readonly [key: string]: Json }

/** What organizations and users have in common for jobs. */
export type Kind = {
  readonly one: 'organization' | 'user'
  readonly many: 'organizations' | 'users'
  readonly name: 'Organization' | 'User'
}

export const organizationKind: Kind = { one: 'organization', many: 'organizations', name: 'Organization' }
export const userKind: Kind = { one: 'user', many: 'users', name: 'User' }

/**
 * The ids, or the records of the external ids, that a bulk request names; unknown ones as
 * undefined.
 */
export function named<T extends { id: number }>(
  c: Context<Env>,
  get: (id: number) => T | undefined,
  find: (externalId: string) => T | undefined,
): { id: number; record: T | undefined }[] | undefined {
  const { query } = c.env.exchange
  const split = (name: string): string[] | undefined =>
    query
      .get(name)
      ?.split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  const ids = split('ids')
  if (ids !== undefined) return ids.map((id) => ({ id: Number(id), record: get(Number(id)) }))
  return split('external_ids')?.map((externalId) => {
    const record = find(externalId)
    return { id: record?.id ?? 0, record }
  })
}

/**
 * The bulk form of a request: the records its query names, and the row that makes the same change
 * on one of them.
 */
type Bulk = { readonly named: readonly { id: number }[] | undefined; row(id: number, change: Change): JobRow }

/**
 * The rows of a many-request in either form, or the response that refuses it. An empty body is a
 * job without rows, as on the real API.
 */
export function manyRows(
  c: Context<Env>,
  kind: Kind,
  batchRow: (change: Change) => JobRow,
  bulk?: Bulk,
): Response | JobRow[] {
  const { body } = c.env.exchange
  if (bulk?.named !== undefined) {
    if (bulk.named.length > 100) return tooManyValues(c)
    const change = isObject(body) ? body[kind.one] : undefined
    return isObject(change) ? bulk.named.map(({ id }) => bulk.row(id, change)) : parameterMissing(c, kind.one)
  }
  if (body === undefined || (isObject(body) && Object.keys(body).length === 0)) return []
  const rows = isObject(body) ? body[kind.many] : undefined
  if (!Array.isArray(rows)) return parameterMissing(c, kind.many)
  if (rows.length > 100) return tooManyValues(c)
  return rows.map((row) => batchRow(isObject(row) ? row : {}))
}

/** A created row has its id only; a failed one its index, code and text. */
export function createdRow(kind: Kind, index: number, written: Written<Organization | User>): Change {
  return written.ok
    ? { status: 'Created', id: written.record.id }
    : { index, error: `${kind.name}CreateFailed`, details: text(written) }
}

/** The row of an update: of a record, of a failure, or of an id that does not exist. */
export function updatedRow(
  kind: Kind,
  index: number,
  id: number,
  written: Written<Organization | User> | undefined,
): Change {
  if (written === undefined) return { index, error: `${kind.name}NotFound`, id, details: 'Not found' }
  if (written.ok) return { action: 'update', id, status: 'Updated', success: true }
  return { index, error: `${kind.name}UpdateFailed`, id, details: text(written) }
}

/** The row of a deletion. */
export function deletedRow(kind: Kind, index: number, id: number, gone: boolean): Change {
  if (gone) return { action: 'delete', id, status: 'Deleted', success: true }
  return { index, error: `${kind.name}NotFound`, id, details: 'Not found' }
}

function text(written: Extract<Written<unknown>, { ok: false }>): string {
  const all = Object.values(written.problems).flat()
  return all.map(({ description }) => description).join(', ')
}

/** What a row of the body says it is about. */
export function aboutOf(instance: Instance, change: Change): JobRow['about'] {
  const id = typeof change['id'] === 'number' ? change['id'] : undefined
  const stored = id === undefined ? undefined : instance.organizations.get(id)
  const externalId = change['external_id'] ?? stored?.external_id
  const name = change['name'] ?? stored?.name
  return {
    id,
    external_id: typeof externalId === 'string' ? externalId : null,
    name: typeof name === 'string' ? name : undefined,
  }
}
