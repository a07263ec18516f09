import type { Change, Outcome, Step, SyncPlan, Target } from 'zds'
import { apply, type Applied } from '../../src/core/apply.ts'
import { held, stream, targetOf, type TargetParts } from './syncs.ts'
import { testRun } from './time.ts'

export const create = (key: string): Change => ({ op: 'create', key, fields: { aar: { from: null, to: 1 } } })
export const update = (key: string): Change => ({ op: 'update', key, id: `id-${key}`, fields: { aar: { from: 1, to: 2 } } })
export const retire = (key: string): Change => ({
  op: 'retire',
  key,
  id: `id-${key}`,
  fields: { mark_for_deletion: { from: false, to: true } },
  reason: 'gone',
})

/** A plan of one sync of just these changes. */
export const planOf = (...changes: Change[]): SyncPlan => ({
  name: 'global',
  target: 'global',
  resource: 'organizations',
  existing: 0,
  desired: 0,
  changes,
  skipped: [],
  notices: [],
  excesses: [],
})

/** Carries out a plan; `journal` holds what is written down by now. */
export function applying(plan: SyncPlan, target: Target, more: Partial<Applied> = {}, journal: Step[] = []): AsyncIterable<Outcome> {
  return apply(plan, target, { created: () => undefined, record: (steps) => void journal.push(...steps), ...more }, testRun())
}

/** A target that holds just what the updates and retires above speak of. */
export const untouched = (parts: TargetParts = {}): Target =>
  targetOf({ refetch: (ids) => stream(ids.map((id) => held(id, id.slice(3), { aar: 1 }))), ...parts })
