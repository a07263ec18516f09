import { syncsOf } from '../config/stages.ts'
import { createdIn } from '../apply/bind.ts'
import { undo } from '../apply/undo.ts'
import type { Known } from '../outcome.ts'
import type { Plan, SyncPlan } from '../plan/plan.ts'
import type { PastRun } from './history.ts'
import { planOf } from './plan-run.ts'
import { lendNothing, type Shared } from './shared.ts'

/**
 * An ordinary plan that sets back what a run changed, the last to be written first; it changes
 * nothing itself.
 */
export async function undoRun({ run, plan }: PastRun, shared: Shared, warn: (message: string) => void): Promise<Plan> {
  const { journal } = shared.state
  const syncs = syncsOf(shared.config)
  const known = new Map<string, ReadonlyMap<string, Known>>()
  for (const { name } of plan.syncs) known.set(name, await journal.known(run.id, name))
  const created = createdIn(known)
  const lent = lendNothing(shared, 'An undo', warn)
  const made: SyncPlan[] = []
  for (const part of plan.syncs.toReversed()) {
    const sync = syncs.get(part.name)
    const { address = sync?.target.address() } = part
    if (sync === undefined)
      warn(`the configuration has no sync ${part.name} any more; what run ${run.id} did there stays`)
    else if (address !== sync.target.address())
      warn(`${part.name} does not write to that address any more; what run ${run.id} did there stays`)
    else made.push(await undo(part, sync, { known: known.get(part.name) ?? new Map<string, Known>(), created }, lent))
  }
  return planOf(made, shared, run.id)
}
