import { ZdsError } from '../errors.ts'
import type { Known, Outcome, Step } from '../outcome.ts'
import { OPS, type Change, type Remark, type SyncPlan } from '../plan/plan.ts'
import { redact } from '../secrets.ts'
import { withLulls } from '../streams.ts'
import type { Run, SentChange, Sync, Target } from '../types.ts'
import { bind, type Created } from './bind.ts'
import { checkedSteps, settledOutcomes, type Checking } from './checked.ts'
import { merge } from './merge.ts'
import { readBack, type WrittenChange } from './read-back.ts'

/**
 * Outcomes kept back before they are written down together. What is about to be sent, and the job
 * that took it over, are written at once.
 */
const BATCH = 100

/** The share of written records that is read back, where a sync does not say another one. */
const READ_BACK = 0.01

/** What one attempt at a plan needs besides the plan and the sync. */
export type Attempt = Checking & {
  /** Writes steps down; settles when they are kept for good. */
  readonly record: (steps: readonly Step[]) => Promise<void>
  readonly created: Created
  /** How far an earlier attempt at this plan has come, by key (SAFE-06). */
  readonly known?: ReadonlyMap<string, Known>
  /** Some of the changes wait for changes of other syncs; the others do not wait for them. */
  readonly waiting?: Waiting | undefined
}

/**
 * The keys of changes that wait; what is created once that is over, or undefined where it never
 * came to be.
 */
export type Waiting = { readonly keys: ReadonlySet<string>; readonly over: () => Promise<Created | undefined> }

/**
 * Interprets the plan of one sync: creates, then updates, retires and removals, or all at once where
 * the target can tell which must wait (SYN-01). Each step is recorded before its outcome is told.
 * What an earlier attempt has done is told and not done again; what it had sent when it died is
 * settled first. A record that is no longer as the plan says is left alone, also where the plan was
 * made in the same run: to read a large instance takes long enough for people to edit it. A record
 * that is read back and is not as it was written gets a second outcome, which counts. Throws
 * TARGET_INVALID where a target does not keep its word.
 */
export async function* apply(
  plan: SyncPlan,
  { target, readBack: share = READ_BACK }: Pick<Sync, 'target' | 'readBack'>,
  { record, created, known = new Map(), objection, waited, waiting }: Attempt,
  run: Run,
): AsyncIterable<Outcome> {
  const written: WrittenChange[] = []
  for (const ops of 'apply' in target && target.together ? [OPS] : OPS.map((op) => [op])) {
    const changes = Array.from(plan.changes.values().filter(({ op }) => ops.includes(op)))
    const bound = new Map(changes.map((change) => [change.key, bind(change, target.types, created)]))
    const carrying = { record, known, objection, waited, waiting }
    for await (const outcome of carriedOut(changes, bound, target, carrying, run)) {
      yield outcome
      const change = bound.get(outcome.key)
      if (outcome.status === 'done' && change !== undefined && 'op' in change) written.push({ change, id: outcome.id })
    }
  }
  yield* told(readBack(written, share, target, run), record)
}

/**
 * What has become of the changes that an earlier attempt had sent, of one that nobody goes on with:
 * what a create brings along is seen to, and nothing else is sent.
 */
export async function* settle(
  plan: SyncPlan,
  { target }: Pick<Sync, 'target'>,
  { record, created, known = new Map() }: Attempt,
  run: Run,
): AsyncIterable<Outcome> {
  yield* [...known.values()].flatMap((state) => (state.kind === 'outcome' ? [state.outcome] : []))
  const begun = plan.changes.values().filter(({ key }) => known.has(key))
  const bound = new Map(begun.map((change) => [change.key, bind(change, target.types, created)]))
  yield* told(settledOutcomes(sentBefore(bound, known), target, run), record)
}

type Carrying = Omit<Attempt, 'created' | 'known'> & { readonly known: ReadonlyMap<string, Known> }

/**
 * Carries out changes, which were bound; what could not be has an outcome already. Those that wait
 * are bound anew once that is over; where it never came to be they are left, and it is thrown at the
 * end.
 */
async function* carriedOut(
  changes: readonly Change[],
  bound: Map<string, Change | Outcome>,
  target: Target,
  { record, known, waiting, ...checking }: Carrying,
  run: Run,
): AsyncIterable<Outcome> {
  const done = changes.flatMap(({ key }) => doneBefore(known.get(key)))
  yield* done
  const before = yield* told(settledOutcomes(sentBefore(bound, known), target, run), record)
  const over = new Set([...done, ...before].map(({ key }) => key))
  const left = changes.filter(({ key }) => !over.has(key))
  const { late = [], free = [] } = Object.groupBy(left, ({ key }) => (waiting?.keys.has(key) ? 'late' : 'free'))
  const begin = (some: readonly Change[], signal: AbortSignal): AsyncGenerator<Step, void> => {
    const items = some.flatMap(({ key }) => bound.get(key) ?? [])
    return begun(items, target, checking, { ...run, signal })
  }
  if (waiting === undefined || late.length === 0) return void (yield* told(begin(free, run.signal), record))

  let met = true
  const afterwards = async function* (signal: AbortSignal): AsyncGenerator<Step, void> {
    run.progress(`${late.length} changes of ${target.resource} wait for others that they are tied to`)
    const created = await waiting.over()
    met = created !== undefined
    if (created === undefined) return
    for (const change of late) bound.set(change.key, bind(change, target.types, created))
    yield* begin(late, signal)
  }
  const both = merge((signal) => [begin(free, signal), afterwards(signal)].values(), 2, run.signal)
  yield* told(both, record)
  if (!met) throw unmet(late, target)
}

async function* begun(
  items: readonly (Change | Outcome)[],
  target: Target,
  checking: Checking,
  run: Run,
): AsyncGenerator<Step, void> {
  yield* items.filter((item) => 'status' in item)
  const open = items.filter((item) => 'op' in item)
  if (open.length > 0) yield* checkedSteps(target, open, run, checking)
}

function unmet(late: readonly Change[], { instance, resource }: Target): ZdsError {
  const message = `${instance}: ${late.length} changes of ${resource} wait for others that were not carried out, and were left`
  return new ZdsError('INTERRUPTED', message, { hint: 'zds apply goes on with them.' })
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
function sentBefore(bound: ReadonlyMap<string, Change | Outcome>, known: ReadonlyMap<string, Known>): SentChange[] {
  return [...known].flatMap(([key, { kind, ...more }]) => {
    const change = bound.get(key)
    if (kind === 'outcome' || change === undefined || 'status' in change) return []
    return [{ change, ...('job' in more && { job: more.job }) }]
  })
}

/**
 * Passes outcomes on once they are recorded, and returns them all; a `sending` step is recorded
 * before the target may go on to send. What comes together is recorded together; nothing waits for
 * what takes a while.
 */
async function* told(
  steps: AsyncIterable<Step> | Iterable<Step>,
  record: Attempt['record'],
): AsyncGenerator<Outcome, Outcome[]> {
  const all: Outcome[] = []
  let waiting: Step[] = []
  const flush = async (): Promise<Outcome[]> => {
    const whole = waiting
    waiting = []
    if (whole.length > 0) await record(whole)
    const outcomes = whole.filter((step) => step.status !== 'sending' && step.status !== 'accepted')
    all.push(...outcomes)
    return outcomes
  }
  try {
    for await (const step of withLulls(steps)) {
      if (step !== undefined) waiting.push(clean(step))
      const now = step === undefined || step.status === 'sending' || step.status === 'accepted'
      if (now || waiting.length >= BATCH) yield* await flush()
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
