import { ZdsError } from '../errors.ts'
import type { Change, SyncPlan } from '../plan/plan.ts'
import type { Run, Sync, Target } from '../types.ts'
import { withWords } from './words.ts'

/**
 * The target has the last word on a plan: it knows what cannot be, and what becomes of that which
 * comes along with a record.
 */
export async function prepare(plan: SyncPlan, sync: Sync, run: Run): Promise<SyncPlan> {
  const { target } = sync
  if (plan.changes.length === 0) return plan
  const { changes, skipped } = (await target.prepare?.(plan.changes, run)) ?? { ...plan, skipped: [] }
  const described = changes.map((change) => describe(change, plan.name, target))
  return withWords({ ...plan, changes: described, skipped: [...plan.skipped, ...skipped] }, sync)
}

/** The change with words for what comes along, so that a plan can be shown without its target. */
function describe(change: Change, sync: string, target: Target): Change {
  if (change.along === undefined) return change
  if (target.describe !== undefined) return { ...change, remarks: target.describe(change) }
  throw new ZdsError(
    'CONFIG_INVALID',
    `${sync}: something comes along with ${change.key}, and ${target.name} takes nothing`,
    {
      hint: 'Leave it out where the record is made, or write to a target that knows what to do with it.',
    },
  )
}
