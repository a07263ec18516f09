import type { Change as Planned, Plan, SyncPlan } from 'zds'
import type { Change, Expected } from './compare.ts'
import { meant } from './values.ts'

/** What the model and a plan say, in one form. */
type Told = { readonly changes: readonly unknown[]; readonly skips: readonly unknown[] }

export const toldByModel = ({ changes, skips }: Expected): Told => ({
  changes: sorted(
    changes.map(({ people = [], ...change }: Change) => [
      ...parts(change, change.to),
      people.map(({ email, fate }) => `${email} ${fate}`).toSorted(byText),
    ]),
  ),
  skips: sorted(skips.map(({ sync, reason, key, id }) => skip(sync, reason, key, id))),
})

export const toldByPlan = ({ syncs }: Plan): Told => ({
  changes: sorted(
    syncs.flatMap(({ name: sync, changes }) =>
      [...changes].map((change) => [
        ...parts(
          { sync, ...change, id: change.id === undefined ? undefined : Number(change.id) },
          Object.fromEntries(Object.entries(change.fields).map(([field, { to }]) => [field, to])),
        ),
        peopleOf(change),
      ]),
    ),
  ),
  skips: sorted(
    syncs.flatMap(({ name: sync, skipped }) =>
      [...skipped]
        .filter((one) => !isRepeated(one, sync, [...skipped]))
        .map(({ key, id, reason }) => skip(sync, reason, key, id)),
    ),
  ),
})

type Parts = {
  readonly sync: string
  readonly op: string
  readonly key: string
  readonly id?: number | undefined
  readonly reason?: string | undefined
}

/** With the fields of a create that hold something. */
function parts({ sync, op, key, id, reason }: Parts, to: Change['to']): unknown[] {
  const fields = Object.entries(to)
    .map(([field, value]) => [field, organizationOf(field, meant(value))] as const)
    .filter(([, value]) => op !== 'create' || value !== null)
  return [sync, op, key, id, reason, Object.fromEntries(fields.toSorted(([one], [other]) => byText(one, other)))]
}

/** An organization by its id, or by its key where it is yet to be created. */
function organizationOf(field: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && 'ref' in value) return `new ${(value.ref as Ref).key}`
  return field === 'organization_id' && typeof value === 'string' && !value.startsWith('new ') ? Number(value) : value
}
type Ref = { readonly key: string }

/** What a plan says of those who come with a new organization. */
const peopleOf = ({ remarks = [] }: Planned): string[] =>
  remarks.map(({ code, message }) => `${message.split(':')[0]} ${code}`).toSorted(byText)

/** A record by its id, or by its key where there is none yet. Two syncs of an instance may both tell of one. */
function skip(sync: string, reason: string, key: string, id: unknown): unknown {
  const where = placeOf(sync)
  return id === undefined || OF_OTHERS.has(reason) ? [where, reason, key] : [where, reason, Number(id)]
}

/** Told with the id of the record that has what another one would need. */
const OF_OTHERS = new Set(['external-id-taken', 'duplicate-email'])

const placeOf = (sync: string): string => (sync === 'partners' ? 'global' : sync)

type Skip = SyncPlan['skipped'] extends Iterable<infer One> ? One : never

/** Whether the other sync of the instance tells it, or another skip of this one. */
const isRepeated = ({ key, reason }: Skip, sync: string, all: readonly Skip[]): boolean =>
  (reason === 'not-owned' && placeOf(sync) === 'global') ||
  (reason === 'id-case-lost' && all.some((one) => one.key === key && one.reason === 'duplicate-key'))

/** Each once, in one order. */
export const sorted = (list: readonly unknown[]): unknown[] =>
  [...new Set(list.map((one) => JSON.stringify(one)))].toSorted(byText).map((text): unknown => JSON.parse(text))

const byText = (one: string, other: string): number => (one < other ? -1 : 1)
