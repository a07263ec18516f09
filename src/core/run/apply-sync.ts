import type { Outcome } from '../outcome.ts'
import type { SyncPlan } from '../plan/plan.ts'
import { outcomesElsewhere } from './elsewhere.ts'
import { orderWaits, watchServices, type NoteWaits } from './noted-waits.ts'
import type { StageWatch } from './schedule.ts'
import type { Shared, StageOf } from './shared.ts'
import { stageOutcomes, type Applying } from './stage-outcomes.ts'
import type { WaitingRoom } from './waiting.ts'

/** How far the apply of one sync has come. */
export type Progress = { readonly kind: 'changes'; readonly done: number; readonly planned: number }

type SyncWork = Applying & {
  readonly outcomes: Map<string, readonly Outcome[]>
  readonly waiting: WaitingRoom
  readonly note: NoteWaits
  /** What the plan has for each sync, and since when it is carried out. */
  readonly planned: ReadonlyMap<string, SyncPlan>
  readonly since: Date
}

/** Carries out what a plan has for one sync; what that waited for is in the journal, too. */
export async function applySync(
  stage: StageOf<'apply'>,
  work: SyncWork,
  shared: Shared,
  watch: StageWatch,
): Promise<Progress> {
  const plan = work.planned.get(stage.name)
  if (plan === undefined || plan.changes.length === 0) return { kind: 'changes', done: 0, planned: 0 }
  const planned = plan.changes.length
  const services = watchServices(watch, shared.clock)
  const seen = new Map<string, Outcome>()
  try {
    await work.note(orderWaits(stage, work.planned, work.since, shared.clock.now()))
    const outcomes = shared.workers === undefined ? stageOutcomes : outcomesElsewhere
    for await (const outcome of outcomes(stage, plan, work, shared, services.watch)) {
      seen.set(outcome.key, outcome)
      work.waiting.told(stage.name, outcome.key)
      watch.progress(`${seen.size.toLocaleString('en')} of ${planned.toLocaleString('en')} changes`)
    }
  } catch (error) {
    // What went wrong is told, not what kept its waits from being written down.
    await work.note(services.waits()).catch(() => undefined)
    throw error
  } finally {
    work.outcomes.set(stage.name, [...seen.values()])
  }
  await work.note(services.waits())
  const done = seen.values().filter(({ status }) => status === 'done')
  return { kind: 'changes', done: done.toArray().length, planned }
}
