import { same } from './fields.ts'
import type { Outcome, Step } from './outcome.ts'
import { OPS, type Change, type SyncPlan } from './plan.ts'
import { bind, type Created } from './refs.ts'
import { chunk } from './streams.ts'
import type { Existing, Run, Target } from './types.ts'

/** Outcomes kept back before they are written down together. What is about to be sent, and the job that took it over, are written at once. */
const BATCH = 100

/** What an apply needs besides the plan and the target. */
export type Applied = {
  /** Writes steps down; returns when they are on the disk. */
  readonly record: (steps: readonly Step[]) => void
  readonly created: Created
  /** False for a saved plan: then records that changed since it was made are stale and left alone. */
  readonly fresh: boolean
}

/** Interprets the plan of one sync: creates, then updates, then retires (SYN-01). Each step is recorded before its outcome is told. */
export async function* apply(plan: SyncPlan, target: Target, { record, created, fresh }: Applied, run: Run): AsyncIterable<Outcome> {
  for (const op of OPS) {
    const planned = plan.changes.filter((change) => change.op === op)
    if (planned.length === 0) continue
    const bound = planned.map((change) => bind(change, created))
    const left: Outcome[] = bound.filter((item) => 'status' in item)
    const ready = bound.filter((item) => 'op' in item)
    if (!fresh && op !== 'create') left.push(...(await staleOf(ready, target, run)))
    record(left)
    yield* left
    const keys = new Set(left.map(({ key }) => key))
    yield* recorded(
      target.apply(
        ready.filter(({ key }) => !keys.has(key)),
        run,
      ),
      record,
    )
  }
}

/** Passes outcomes on once they are recorded; a `sending` step is recorded before the target may go on to send. */
async function* recorded(steps: AsyncIterable<Step>, record: (steps: readonly Step[]) => void): AsyncIterable<Outcome> {
  let answered: Step[] = []
  const flush = (): Outcome[] => {
    const whole = answered
    answered = []
    record(whole)
    return whole.filter((step) => step.status !== 'sending' && step.status !== 'accepted')
  }
  try {
    for await (const step of steps) {
      answered.push(step)
      if (step.status === 'sending' || step.status === 'accepted' || answered.length >= BATCH) yield* flush()
    }
  } finally {
    yield* flush()
  }
}

/** Changes whose record no longer holds what the plan says it held (a person, or another run, was there meanwhile). */
async function staleOf(changes: readonly Change[], target: Target, run: Run): Promise<Outcome[]> {
  const stale: Outcome[] = []
  for await (const some of chunk(changes, 100)) {
    const ids = some.flatMap(({ id }) => id ?? [])
    const now = new Map<string, Existing>()
    for await (const existing of target.refetch(ids, run)) now.set(existing.id, existing)
    for (const change of some) {
      const found = now.get(change.id ?? '')
      const moved =
        found &&
        Object.keys(change.fields).filter((field) => !same(target.types[field] ?? 'text', found.fields[field], change.fields[field]?.from))
      if (moved?.length === 0) continue
      const message = moved === undefined ? 'The record is gone' : `Changed since the plan was made: ${moved.join(', ')}`
      stale.push({ key: change.key, status: 'stale', code: 'changed-since-plan', message })
    }
  }
  return stale
}
