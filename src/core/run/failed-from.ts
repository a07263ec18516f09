import { packed } from '../many.ts'
import type { SyncPlan } from '../plan/plan.ts'
import { doneUnder } from '../outcome.ts'
import { changesOf, type PastRun } from './history.ts'
import type { Shared } from './shared.ts'

/**
 * What of the plans concerns the changes of a run that were not done: failed, stale, or never
 * attempted.
 */
export async function onlyUndone(
  plans: readonly SyncPlan[],
  past: PastRun,
  { state }: Pick<Shared, 'state'>,
): Promise<SyncPlan[]> {
  const undone = new Set<string>()
  for await (const { sync, change, known } of changesOf(state.journal, past))
    if (doneUnder(known) === undefined) undone.add(JSON.stringify([sync, change.key]))
  return plans.map((plan) => ({
    ...plan,
    changes: packed(plan.changes.values().filter(({ key }) => undone.has(JSON.stringify([plan.name, key])))),
  }))
}
