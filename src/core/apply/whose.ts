import { keyIn } from '../compare/compare.ts'
import { owns } from '../compare/decide.ts'
import { opOf } from '../plan/limits.ts'
import type { Change } from '../plan/plan.ts'
import type { Existing, Sync } from '../types.ts'

/**
 * Why a record as it is now is none that its sync changes so, or undefined: the rules are asked
 * again, of a plan that may be old, or not be what it seems.
 */
export function notOurs(change: Change, now: Existing, sync: Sync): string | undefined {
  const { rules } = sync
  const op = opOf(change, rules.retire)
  if (keyIn(sync, now) !== change.key) return 'The record has another key'
  if (!owns(now.fields, sync) && (op !== 'update' || rules.takesOver !== true))
    return 'The record belongs to another sync'
  return op !== 'update' && rules.protects?.(now.fields) === true ? 'The record is protected' : undefined
}
