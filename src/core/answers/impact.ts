import type { Config } from '../config/define.ts'
import { canonical, type Json } from '../json.ts'
import type { Change, Plan, SyncPlan } from '../plan/plan.ts'
import { fromRun, gatheredBy, inScratch, type Gathered } from '../run/from-run.ts'
import { planRun, type Read } from '../run/plan-run.ts'
import type { Watch } from '../run/schedule.ts'
import type { Shared } from '../run/shared.ts'

/** A field of a record that another configuration leaves with another value. */
export type ImpactChange = { readonly key: string; readonly field: string; readonly base: Json; readonly now: Json }

/** What a change of the configuration, or of its files, would cause. */
export type Impact = {
  readonly syncs: readonly {
    readonly name: string
    readonly changes: readonly ImpactChange[]
    /** Keys of records that are created only now, and of those that were only before. */
    readonly appear: readonly string[]
    readonly disappear: readonly string[]
  }[]
}

/** Another configuration that the same rows are planned with, in the directory that its files are in. */
export type Base = Pick<Shared, 'config' | 'fingerprint'> & {
  readonly inside: <Result>(work: () => Promise<Result>) => Promise<Result>
}

type ImpactAsked = { readonly from?: string | undefined; readonly asOf?: string | undefined }

/**
 * Plans the same rows with two configurations: those of an earlier run, or gathered now for both.
 * Nothing is left, and nobody is told of the plans.
 */
export async function impact(
  base: Base,
  { from, asOf }: ImpactAsked,
  shared: Shared,
  watch: Watch<Read>,
): Promise<Impact> {
  const { config, fingerprint, inside } = base
  const planned = (gathered: Gathered, one: Shared): Promise<Plan> =>
    fromRun(gathered, one, (there) => planRun(there, 'impact', undefined, watch), asOf)
  const there = { ...shared, config, fingerprint }
  if (from !== undefined) {
    const gathered = await gatheredBy(from, shared)
    const now = await planned(gathered, shared)
    return impactOf(await inside(() => planned(gathered, there)), now)
  }
  return inScratch({ ...shared, config: withoutObservers(shared.config) }, async (here, artifacts) => {
    const now = await planRun(here, 'impact', undefined, watch)
    const gathered = { name: 'this run', artifacts }
    return impactOf(await inside(() => planned(gathered, { ...there, anew: true })), now)
  })
}

function withoutObservers(config: Config): Config {
  const hooks = Object.entries(config.hooks ?? {}).filter(([, { kind }]) => kind === 'sync')
  return { ...config, hooks: Object.fromEntries(hooks) }
}

/** What differs between what two plans would leave behind. */
export function impactOf(base: Plan, now: Plan): Impact {
  const before = new Map(base.syncs.map((sync) => [sync.name, sync]))
  const names = new Set([...now.syncs, ...base.syncs].map(({ name }) => name))
  const after = new Map(now.syncs.map((sync) => [sync.name, sync]))
  return { syncs: [...names].map((name) => ({ name, ...between(before.get(name), after.get(name)) })) }
}

function between(base: SyncPlan | undefined, now: SyncPlan | undefined): Omit<Impact['syncs'][number], 'name'> {
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
