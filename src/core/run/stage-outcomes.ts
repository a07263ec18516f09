import { apply, settle } from '../apply/apply.ts'
import { createdIn } from '../apply/bind.ts'
import type { Objection } from '../apply/current.ts'
import { notOurs } from '../apply/whose.ts'
import { syncsOf } from '../config/stages.ts'
import type { Known, Outcome, Step } from '../outcome.ts'
import type { SyncPlan } from '../plan/plan.ts'
import type { StageWatch } from './schedule.ts'
import { lend, type Shared, type StageOf } from './shared.ts'

/** How far the changes of a sync that goes before have come. */
export type Earlier = (sync: string) => Promise<ReadonlyMap<string, Known>>

type Applying = {
  readonly run: string
  /** True for a run that is given up: what was sent is settled, and nothing else is done. */
  readonly givenUp?: boolean
  readonly earlier?: Earlier | undefined
}

/** Carries out the plan of one sync; the outcomes are in the journal before they are told. */
export async function* stageOutcomes(
  { sync, name, ...stage }: StageOf<'apply'>,
  plan: SyncPlan,
  { run, givenUp = false, earlier = (other) => shared.state.journal.known(run, other) }: Applying,
  shared: Shared,
  watch: StageWatch,
): AsyncIterable<Outcome> {
  const { journal } = shared.state
  const first = [...syncsOf(shared.config)].filter(([, other]) => sync.after?.includes(other))
  const before = first.map(async ([other]) => [other, await earlier(other)] as const)
  const attempt = {
    created: createdIn(new Map(await Promise.all(before))),
    known: await journal.known(run, name),
    record: (steps: readonly Step[]) => journal.record({ run, sync: name, steps, at: shared.clock.now() }),
    objection: ((change, now) => notOurs(change, now, sync)) satisfies Objection,
  }
  const carry = givenUp ? settle : apply
  yield* carry(plan, sync, attempt, lend({ sync, name, ...stage }, shared, run, watch))
}
