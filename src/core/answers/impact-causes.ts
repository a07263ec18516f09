import { syncsOf } from '../config/stages.ts'
import type { Explained } from '../explained.ts'
import { canonical } from '../json.ts'
import type { Shared } from '../run/shared.ts'
import type { ImpactChange, SyncChanges } from './impact-changes.ts'
import { explainedBy } from './key-meant.ts'

/**
 * The rules that a field differs by, and of which records that was looked at: few, where many are
 * alike.
 */
export type ImpactCause = {
  readonly sync: string
  readonly field: string
  readonly rules: readonly string[]
  readonly keys: readonly string[]
}

/** What a side says of the records that are looked at, by sync and key. */
type Told = ReadonlyMap<string, Explained | undefined>

/** Each is a reading of all rows of its processor. */
const LOOKED_AT = { ofField: 2, ofSync: 12 }

/** The first keys of each field that changes. */
function keysOf({ changes }: SyncChanges): string[] {
  const fields = Map.groupBy(changes, ({ field }) => field)
  const first = [...fields.values()].flatMap((some) => some.slice(0, LOOKED_AT.ofField).map(({ key }) => key))
  return [...new Set(first)].slice(0, LOOKED_AT.ofSync)
}

/** What one side says of the records that changes are looked at by. */
export async function toldBy(all: readonly SyncChanges[], shared: Shared, run: string): Promise<Told> {
  const told = new Map<string, Explained | undefined>()
  for (const one of all) {
    const sync = syncsOf(shared.config).get(one.name)
    if (sync === undefined) continue
    for (const key of keysOf(one)) told.set(placeOf(one.name, key), (await explainedBy(sync, key, shared, run))[0])
  }
  return told
}

const placeOf = (sync: string, key: string): string => JSON.stringify([sync, key])

/** Changes of one field with the rules that say something else on either side. */
export function causesOf(one: SyncChanges, base: Told, now: Told): ImpactCause[] {
  const looked = new Set(keysOf(one))
  const blamed = one.changes
    .filter(({ key }) => looked.has(key))
    .map((change) => {
      const place = placeOf(one.name, change.key)
      return { ...change, rules: rulesOf(change, base.get(place), now.get(place)) }
    })
  const alike = Map.groupBy(blamed, ({ field, rules }) => JSON.stringify([field, rules]))
  return [...alike.values()].flatMap((some) =>
    some.slice(0, 1).map(({ field, rules }) => ({ sync: one.name, field, rules, keys: some.map(({ key }) => key) })),
  )
}

/** Of the rules that had a say those that changed something else; all, where none did. */
function rulesOf({ field }: ImpactChange, base: Explained | undefined, now: Explained | undefined): string[] {
  const all = [...new Set([base, now].flatMap((side) => side?.fields[field]?.rules ?? []))]
  const differing = all.filter((id) => changedBy(id, base) !== changedBy(id, now))
  return differing.length > 0 ? differing : all
}

const changedBy = (id: string, side: Explained | undefined): string =>
  canonical((side?.rules ?? []).filter((rule) => rule.id === id).map(({ changed }) => changed))
