import { apply, settle } from '../apply/apply.ts'
import { createdIn, type Created } from '../apply/bind.ts'
import type { Objection } from '../apply/current.ts'
import { notOurs } from '../apply/whose.ts'
import { syncsOf } from '../config/stages.ts'
import type { Outcome, Step } from '../outcome.ts'
import type { SyncPlan } from '../plan/plan.ts'
import { waitedAfter } from '../waits.ts'
import type { Earlier } from './history.ts'
import { notedWaiting, noteWaitsOf, type NoteWaits } from './noted-waits.ts'
import type { Ended, StageWatch } from './schedule.ts'
import { lend, type Shared, type StageOf } from './shared.ts'
import type { WaitingRoom } from './waiting.ts'

export type Applying = {
  readonly run: string
  /** True for a run that is given up: what was sent is settled, and nothing else is done. */
  readonly givenUp?: boolean
  readonly earlier?: Earlier | undefined
  readonly waiting?: WaitingRoom
  readonly ended?: Ended
  readonly note?: NoteWaits
}

/** Carries out the plan of one sync; the outcomes are in the journal before they are told. */
export async function* stageOutcomes(
  stage: StageOf<'apply'>,
  plan: SyncPlan,
  {
    run,
    givenUp = false,
    earlier = (other) => shared.state.journal.known(run, other),
    waiting,
    ended = async () => true,
    note,
  }: Applying,
  shared: Shared,
  watch: StageWatch,
): AsyncIterable<Outcome> {
  const { sync, name } = stage
  const { journal } = shared.state
  const first = [...syncsOf(shared.config)].filter(([, other]) => sync.after?.includes(other))
  const created = async (): Promise<Created> => {
    const before = first.map(async ([other]) => [other, await earlier(other)] as const)
    return createdIn(new Map(await Promise.all(before)))
  }
  const write = note ?? noteWaitsOf(run, name, shared)
  const tied = waiting?.of(name, ended, created)
  const attempt = {
    created: await created(),
    known: await journal.known(run, name),
    record: (steps: readonly Step[]) => journal.record({ run, sync: name, steps, at: shared.clock.now() }),
    objection: ((change, now) => notOurs(change, now, sync)) satisfies Objection,
    waiting: tied && notedWaiting(tied, write, shared.clock),
    waited: (after: ReadonlyMap<string, string>, since: Date) =>
      write([waitedAfter({ because: 'name', awaited: name, after }, since, shared.clock.now())]),
  }
  const carry = givenUp ? settle : apply
  yield* carry(plan, sync, attempt, lend(stage, shared, run, watch))
}
