import { same } from '../field-types.ts'
import type { Known } from '../outcome.ts'
import type { Outcome, Remark, Step } from '../outcome.ts'
import { OPS, type Change, type SyncPlan } from '../plan/plan.ts'
import { present } from './current.ts'
import { bind, type Created } from './bind.ts'
import { redact } from '../secrets.ts'
import type { Run, Sent, Target } from '../types.ts'

/**
 * Outcomes kept back before they are written down together. What is about to be sent, and the job
 * that took it over, are written at once.
 */
const BATCH = 100

/** What an apply needs besides the plan and the target. */
export type Applied = {
  /** Writes steps down; settles when they are kept for good. */
  readonly record: (steps: readonly Step[]) => Promise<void>
  readonly created: Created
  /** How far an earlier attempt at this plan has come, by key (SAFE-06). */
  readonly known?: ReadonlyMap<string, Known>
}

/**
 * Interprets the plan of one sync: creates, then updates, then retires (SYN-01). Each step is
 * recorded before its outcome is told. What an earlier attempt has done is told and not done again;
 * what it had sent when it died is settled first. A record that is no longer as the plan says is
 * left alone, also where the plan was made in the same run: to read a large instance takes long
 * enough for people to edit it.
 */
export async function* apply(plan: SyncPlan, target: Target, applied: Applied, run: Run): AsyncIterable<Outcome> {
  const { record, created, known = new Map<string, Known>() } = applied
  for (const op of OPS) {
    const changes = plan.changes.filter((change) => change.op === op)
    const done = changes.flatMap(({ key }) => doneBefore(known.get(key)))
    yield* done
    const settled = yield* told(settle(sentBefore(changes, known), target, created, run), record)

    const over = new Set([...done, ...settled].map(({ key }) => key))
    const bound = changes.filter(({ key }) => !over.has(key)).map((change) => bind(change, target.types, created))
    const left: Outcome[] = bound.filter((item) => 'status' in item)
    const ready = bound.filter((item) => 'op' in item)
    if (op !== 'create') left.push(...(await staleOf(ready, target, run)))
    await record(left)
    yield* left
    const stay = new Set(left.map(({ key }) => key))
    const open = ready.filter(({ key }) => !stay.has(key))
    if (open.length > 0) yield* told(target.apply(open, run), record)
  }
}

/** Failures of changes that were carried out, or may have been. */
const NOT_AGAIN = new Set(['read-back-differs', 'fate-unknown'])

/**
 * A change that was refused before is tried once more: the reason may be gone. One that was carried
 * out, or may have been, is not.
 */
function doneBefore(known: Known | undefined): Outcome[] {
  if (known?.kind !== 'outcome') return []
  const { outcome } = known
  return outcome.status === 'done' || NOT_AGAIN.has(outcome.code) ? [outcome] : []
}

/** The changes that were sent and not answered, in the order in which they were sent. */
function sentBefore(changes: readonly Change[], known: ReadonlyMap<string, Known>): Sent[] {
  const byKey = new Map(changes.map((change) => [change.key, change]))
  return [...known].flatMap(([key, { kind, ...more }]) => {
    const change = byKey.get(key)
    return change === undefined || kind === 'outcome' ? [] : [{ change, ...('job' in more && { job: more.job }) }]
  })
}

async function* settle(sent: readonly Sent[], target: Target, created: Created, run: Run): AsyncIterable<Outcome> {
  const bound = sent.flatMap(({ change, ...more }) => {
    const ready = bind(change, target.types, created)
    return 'op' in ready ? [{ change: ready, ...more }] : []
  })
  if (bound.length === 0) return
  if (target.settle !== undefined) {
    yield* target.settle(bound, run)
    return
  }
  for (const { change } of bound) {
    const message =
      'It was sent when the run stopped, and this target cannot tell what became of it; the next plan shows it'
    yield { key: change.key, status: 'failed', code: 'fate-unknown', message }
  }
}

/**
 * Passes outcomes on once they are recorded, and returns them all; a `sending` step is recorded
 * before the target may go on to send.
 */
async function* told(steps: AsyncIterable<Step>, record: Applied['record']): AsyncGenerator<Outcome, Outcome[]> {
  const all: Outcome[] = []
  let waiting: Step[] = []
  const flush = async (): Promise<Outcome[]> => {
    const whole = waiting
    waiting = []
    await record(whole)
    const outcomes = whole.filter((step) => step.status !== 'sending' && step.status !== 'accepted')
    all.push(...outcomes)
    return outcomes
  }
  try {
    for await (const step of steps) {
      waiting.push(clean(step))
      if (step.status === 'sending' || step.status === 'accepted' || waiting.length >= BATCH) yield* await flush()
    }
  } finally {
    yield* await flush()
  }
  return all
}

/**
 * The words of a service go to the journal and to observers, which outlive what this process knows
 * of secrets.
 */
function clean(step: Step): Step {
  if ('message' in step) return { ...step, ...unsecret(step) }
  return 'partly' in step && step.partly ? { ...step, partly: step.partly.map(unsecret) } : step
}

const unsecret = ({ code, message }: Remark): Remark => ({ code: redact(code), message: redact(message) })

/**
 * Changes whose record no longer holds what the plan says it held (a person, or another run, was
 * there meanwhile).
 */
async function staleOf(changes: readonly Change[], target: Target, run: Run): Promise<Outcome[]> {
  const stale: Outcome[] = []
  for await (const { item: change, now: found } of present(changes, ({ id }) => id, target, run)) {
    const moved =
      found &&
      Object.entries(change.fields).filter(([field, { from }]) => !same(target.types[field], found.fields[field], from))
    if (moved?.length === 0) continue
    const names = moved?.map(([field]) => field).join(', ')
    const message = names === undefined ? 'The record is gone' : `Changed since the plan was made: ${names}`
    stale.push({ key: change.key, status: 'stale', code: 'changed-since-plan', message })
  }
  return stale
}
