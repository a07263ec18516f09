import { canonical, type Json } from '../json.ts'
import type { Change, Plan, SyncPlan } from '../plan/plan.ts'

/** A field of a record that another configuration leaves with another value. */
export type ImpactChange = { readonly key: string; readonly field: string; readonly base: Json; readonly now: Json }

/** What differs in one sync. */
export type SyncChanges = {
  readonly name: string
  /** What it holds may be told only where it is, as one of the plans says (OPS-08). */
  readonly confined?: true
  readonly changes: readonly ImpactChange[]
  /** Keys of records that are created only now, and of those that were only before. */
  readonly appear: readonly string[]
  readonly disappear: readonly string[]
}

/** What differs between what two plans would leave behind. */
export function changesBetween(base: Plan, now: Plan): readonly SyncChanges[] {
  const before = new Map(base.syncs.map((sync) => [sync.name, sync]))
  const names = new Set([...now.syncs, ...base.syncs].map(({ name }) => name))
  const after = new Map(now.syncs.map((sync) => [sync.name, sync]))
  return [...names].map((name) => {
    const [left, right] = [before.get(name), after.get(name)]
    const confined = left?.confined === true || right?.confined === true
    return { name, ...(confined && { confined }), ...between(left, right) }
  })
}

function between(base: SyncPlan | undefined, now: SyncPlan | undefined): Omit<SyncChanges, 'name' | 'confined'> {
  const [before, after] = [byKey(base), byKey(now)]
  const created = (changes: ReadonlyMap<string, Change>, key: string): boolean => changes.get(key)?.op === 'create'
  const keys = [...new Set([...after.keys(), ...before.keys()])].toSorted()
  return {
    changes: keys
      .filter((key) => created(before, key) === created(after, key))
      .flatMap((key) => differences(key, before.get(key), after.get(key))),
    appear: keys.filter((key) => created(after, key) && !created(before, key)),
    disappear: keys.filter((key) => created(before, key) && !created(after, key)),
  }
}

const byKey = (plan: SyncPlan | undefined): ReadonlyMap<string, Change> =>
  new Map(plan?.changes.values().map((change) => [change.key, change]))

/** What is not changed stays as it is: as the other change finds it. */
function differences(key: string, base: Change | undefined, now: Change | undefined): ImpactChange[] {
  const fields = new Set([...Object.keys(base?.fields ?? {}), ...Object.keys(now?.fields ?? {})])
  const removed = (change: Change | undefined): Json => (change?.op === 'remove' ? 'remove' : null)
  const sides = [...fields].map((field) => {
    const [left, right] = [base?.fields[field], now?.fields[field]]
    return { key, field, base: (left ? left.to : right?.from) ?? null, now: (right ? right.to : left?.from) ?? null }
  })
  return [...sides, { key, field: 'op', base: removed(base), now: removed(now) }].filter(
    (one) => canonical(one.base) !== canonical(one.now),
  )
}
