import type { Plan } from '../plan/plan.ts'
import { doneUnder } from '../outcome.ts'
import { changesOf, type PastRun } from './history.ts'
import { planOf } from './plan-run.ts'
import type { Shared } from './shared.ts'

/**
 * What of `plan` concerns the changes of a run that were not done: failed, stale, or never
 * attempted.
 */
export async function onlyUndone(plan: Plan, past: PastRun, shared: Shared): Promise<Plan> {
  const undone = new Set<string>()
  for await (const { sync, change, known } of changesOf(shared.state.journal, past))
    if (doneUnder(known) === undefined) undone.add(JSON.stringify([sync, change.key]))
  const parts = plan.syncs.map((sync) => ({
    ...sync,
    changes: sync.changes.filter(({ key }) => undone.has(JSON.stringify([sync.name, key]))),
  }))
  return planOf(parts, shared)
}
