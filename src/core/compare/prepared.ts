import { ZdsError } from '../errors.ts'
import type { Change, Skip, SyncPlan } from '../plan/plan.ts'
import type { Prepared, Target } from '../types.ts'

/** The plan without what its target cannot do, which it lists. */
export function possiblePlan(plan: SyncPlan, { ops }: Target): SyncPlan {
  const can = ({ op }: Change): boolean => ops.includes(op)
  const impossible = plan.changes
    .filter((change) => !can(change))
    .map(({ key, id }): Skip => ({ key, reason: 'not-possible', ...(id !== undefined && { id }) }))
  return { ...plan, changes: plan.changes.filter(can), skipped: [...plan.skipped, ...impossible] }
}

/**
 * The plan as its target has completed it. Throws TARGET_INVALID where a change came back as
 * another one, twice, or neither as a change nor as a skip: what was compared is what is planned.
 */
export function completedPlan(
  plan: SyncPlan,
  { changes, skipped }: Prepared,
  { instance, resource }: Target,
): SyncPlan {
  const planned = new Map(plan.changes.map((change) => [change.key, change]))
  const others = changes.filter(({ key, op, id }) => {
    const before = planned.get(key)
    return before?.op !== op || before.id !== id || !planned.delete(key)
  })
  for (const { key } of skipped) planned.delete(key)
  const wrong = [...others, ...planned.values()].map(({ op, key }) => `${op} ${key}`)
  if (wrong.length === 0) return { ...plan, changes, skipped: [...plan.skipped, ...skipped] }
  const message = `The target of ${instance} ${resource} has changed or dropped what was planned`
  throw new ZdsError('TARGET_INVALID', `${message}: ${wrong.slice(0, 5).join(', ')}`, {
    hint: 'This is a defect of its plugin: prepare may complete a change, or skip it with a reason.',
  })
}
