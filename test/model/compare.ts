import type { Json, World } from 'zds/sandbox'
import type { Fields } from './overrides.ts'
import type { Person } from './people.ts'
import { idOf, lostCase } from './ids.ts'
import { folded, meant, textOf } from './values.ts'

/** What a run is to do to a record, and what it is to leave and tell. */
export type Change = {
  readonly sync: string
  readonly op: 'create' | 'update' | 'retire'
  readonly key: string
  readonly id?: number
  readonly reason?: string
  readonly to: { readonly [field: string]: unknown }
  /** Who comes with a new organization, and what becomes of them (SYN-03). */
  readonly people?: readonly Person[]
}
export type Skip = { readonly sync: string; readonly reason: string; readonly key: string; readonly id?: number }

/** What one run, or one sync, is to do. */
export type Expected = { readonly changes: readonly Change[]; readonly skips: readonly Skip[] }

/** An SSOT object: what one account should be in an instance. */
export type Desired = {
  readonly key: string
  readonly name: string
  readonly fields: Fields
  readonly sold?: readonly Person[]
}

/** One sync of organizations. What nobody desires is retired, `unless` that says why not. */
export type Sync = {
  readonly name: string
  readonly desired: readonly Desired[]
  readonly why: (key: string) => string
  readonly unless: (key: string) => string | undefined
  /** Why an object gets no new record. */
  readonly holds: (fields: Fields) => string | undefined
}

type Organization = World['zendesk'][string]['organizations'][number]

/** The Salesforce id of an organization, as it is written. */
export const written = (one: Organization): string => textOf(one.organization_fields?.['salesforce_id']).trim()

/**
 * The changes and skips of one instance. The first sync answers for what nobody desires, but for
 * organizations with a partner account type where there is a second (PART-07).
 */
export function compared(
  organizations: readonly Organization[],
  syncs: readonly Sync[],
  accounts: readonly string[],
): Expected {
  const changes: Change[] = []
  const skips: Skip[] = []
  /** Organizations with the external id of one that a sync would create. */
  const wanted: { readonly sync: string; readonly ids: readonly number[] }[] = []
  const objects = syncs.flatMap(({ desired }) => desired)
  const withKey = (key: string) => organizations.filter((one) => idOf(written(one)) === key)
  const withExternalId = (key: string) => organizations.filter((one) => one.external_id === key)

  /** AMB-20: whether another organization, or another object, has the name that this object wants. */
  const isTaken = ({ key, name }: Desired, own?: Organization): boolean =>
    organizations.some((one) => one !== own && folded(one.name) === folded(name)) ||
    objects.some((other) => other.key !== key && folded(other.name) === folded(name))

  for (const { name: sync, desired, holds } of syncs) {
    for (const object of desired) {
      const { key, name, fields, sold: people = [] } = object
      const [own, twin] = withKey(key)
      if (twin !== undefined) continue // AMB-16
      if (own === undefined) {
        const held =
          holds(fields) ??
          (isTaken(object) ? 'name-taken' : undefined) ??
          (withExternalId(key).length > 0 ? 'external-id-taken' : undefined)
        if (held === undefined)
          changes.push({ sync, op: 'create', key, to: { ...fields, name: name.trim(), external_id: key }, people })
        else skips.push({ sync, reason: held, key })
        if (held === 'external-id-taken') wanted.push({ sync, ids: withExternalId(key).map(({ id }) => id ?? 0) })
        continue
      }
      const id = own.id ?? 0
      const mayTakeName = folded(name) === folded(own.name) || !isTaken(object, own)
      if (!mayTakeName) skips.push({ sync, reason: 'name-taken', key, id })
      const to: { [field: string]: Json } = {
        ...differences(own, fields),
        ...(mayTakeName && name.trim() !== textOf(own.name).trim() && { name: name.trim() }),
      }
      if (Object.keys(to).length === 0) continue
      // SAFE-05, SAFE-10: what is no reason for an update goes with one that happens anyway.
      if (meant(own.external_id) === null && withExternalId(key).length === 0) to['external_id'] = key
      if (written(own) !== key) to['salesforce_id'] = key
      changes.push({ sync, op: 'update', key, id, to })
    }
  }

  for (const one of organizations) {
    const [id, key, field] = [one.id ?? 0, idOf(written(one)), one.organization_fields ?? {}]
    /** AMB-19: who desires the account, else by the account type. */
    const owner =
      syncs.find(({ desired }) => desired.some((object) => object.key === key)) ??
      syncs[isPartnerType(field['account_type']) ? syncs.length - 1 : 0]
    const sync = owner?.name ?? ''
    const unclear = whyUnclear(one)
    const kept = key === undefined ? undefined : owner?.unless(key)
    if (unclear !== undefined) skips.push({ sync, reason: unclear, key: key ?? written(one), id })
    else if (key === undefined || objects.some((object) => object.key === key)) continue
    else if (field['mark_for_deletion'] === true) continue
    else if (kept !== undefined) skips.push({ sync, reason: kept, key, id })
    // SAFE-05: it has the id of a living account, so it may well be that one's.
    else if (wanted.some((one) => one.sync === sync && one.ids.includes(id)))
      skips.push({ sync, reason: 'external-id-wanted', key, id })
    else changes.push({ sync, op: 'retire', key, id, reason: owner?.why(key) ?? '', to: { mark_for_deletion: true } })
  }
  return { changes, skips }

  /** Why nobody knows whose it is (AMB-16, SAFE-10). */
  function whyUnclear(one: Organization): string | undefined {
    const key = idOf(written(one))
    if (written(one) === '') return 'no-key'
    if (key === undefined) return 'key-invalid'
    if (withKey(key).length > 1) return 'duplicate-key'
    return lostCase(written(one), accounts) ? 'id-case-lost' : undefined
  }
}

/** CMP-02, SAFE-10: another spelling of the id is none. */
function differences(one: Organization, fields: Fields): { [field: string]: Json } {
  const is = one.organization_fields ?? {}
  return Object.fromEntries(
    Object.entries(fields).filter(([field, value]) => field !== 'salesforce_id' && meant(is[field]) !== meant(value)),
  )
}

/** PART-07. */
const isPartnerType = (type: unknown): boolean =>
  ['alliance_partner', 'open_partner', 'select_partner'].includes(textOf(type))
