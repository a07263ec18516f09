import { ZdsError } from '../errors.ts'
import { settledIn, type Known, type Outcome, type Step } from '../outcome.ts'
import { filtered, lazily, type Many } from '../many.ts'
import { count, OPS, type Change, type Remark, type SyncPlan } from '../plan/plan.ts'
import { redact } from '../secrets.ts'
import { withLulls } from '../streams.ts'
import type { Run, SentChange, Sync, Target } from '../types.ts'
import { bind, type Created } from './bind.ts'
import { checkedSteps, endedOutcomes, settledOutcomes, type Checking } from './checked.ts'
import { merge } from './merge.ts'
import { readBack, type Written } from './read-back.ts'

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
  readonly known: ReadonlyMap<string, Known>
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
  attempt: Attempt,
  run: Run,
): AsyncIterable<Outcome> {
  const { record, waiting } = attempt
  const written: Written[] = []
  let newest = attempt.created
  const late = waiting && {
    keys: waiting.keys,
    over: async () => {
      const more = await waiting.over()
      newest = more ?? newest
      return more
    },
  }
  for (const ops of 'apply' in target && target.together ? [OPS] : OPS.map((op) => [op])) {
    if (ops.every((op) => count(plan, op) === 0)) continue
    const changes = filtered(plan.changes, ({ op }) => ops.includes(op))
    for await (const outcome of carriedOut(changes, target, { ...attempt, waiting: late }, run)) {
      yield outcome
      if (outcome.status === 'done') written.push(outcome)
    }
  }
  const meant = plan.changes.values().map((change) => bind(change, target.types, newest))
  yield* told(readBack(written, meant.filter(isChange), share, target, run), record)
}

const isChange = (item: Change | Outcome): item is Change => 'op' in item

/**
 * What has become of the changes that an earlier attempt had sent, of one that nobody goes on with:
 * what a create brings along is seen to, and nothing else is sent.
 */
export async function* settle(
  plan: SyncPlan,
  { target }: Pick<Sync, 'target'>,
  { record, created, known }: Attempt,
  run: Run,
): AsyncIterable<Outcome> {
  yield* settledIn(known)
  yield* told(endedOutcomes(sentBefore(plan.changes, target, created, known), target, run), record)
}

/**
 * Carries out changes; what cannot be bound has an outcome at once. Those that wait are bound once
 * that is over; where it never came to be they are left, and it is thrown at the end.
 */
async function* carriedOut(
  changes: Many<Change>,
  target: Target,
  { record, created, known, waiting, ...checking }: Attempt,
  run: Run,
): AsyncIterable<Outcome> {
  const done = known.size === 0 ? [] : Array.from(changes.values().flatMap(({ key }) => doneBefore(known.get(key))))
  yield* done
  const sent = sentBefore(changes, target, created, known)
  const before = yield* told(settledOutcomes(sent, target, run), record)
  const over = new Set([...done, ...before].map(({ key }) => key))
  const waits = ({ key }: Change): boolean => waiting?.keys.has(key) === true
  const left = (late: boolean) => changes.values().filter((one) => !over.has(one.key) && waits(one) === late)
  const begin = (late: boolean, made: Created, signal: AbortSignal): AsyncGenerator<Step, void> =>
    begun(() => left(late).map((one) => bind(one, target.types, made)), target, checking, { ...run, signal })
  const late = waiting === undefined ? 0 : left(true).reduce((sum) => sum + 1, 0)
  if (waiting === undefined || late === 0) return void (yield* told(begin(false, created, run.signal), record))

  let met = true
  const afterwards = async function* (signal: AbortSignal): AsyncGenerator<Step, void> {
    run.progress(`changes of ${target.resource} wait for others that they are tied to: ${late}`)
    const more = await waiting.over()
    met = more !== undefined
    if (more !== undefined) yield* begin(true, more, signal)
  }
  const both = merge((signal) => [begin(false, created, signal), afterwards(signal)].values(), 2, run.signal)
  yield* told(both, record)
  if (!met) throw unmet(late, target)
}

async function* begun(
  items: () => IteratorObject<Change | Outcome>,
  target: Target,
  checking: Checking,
  run: Run,
): AsyncGenerator<Step, void> {
  let open = 0
  for (const item of items())
    if (isChange(item)) open += 1
    else yield item
  const changes = lazily(open, () => items().filter(isChange))
  if (open > 0) yield* checkedSteps(target, changes, run, checking)
}

function unmet(late: number, { instance, resource }: Target): ZdsError {
  const message = `${instance}: changes of ${resource} wait for others that were not carried out, and were left: ${late}`
  return new ZdsError('INTERRUPTED', message, { hint: 'The same command goes on with them.' })
}

/**
 * A change that was refused before is tried once more: the reason may be gone. One that was carried
 * out in part, or may have been, is not.
 */
function doneBefore(known: Known | undefined): Outcome[] {
  if (known?.kind !== 'outcome') return []
  const { outcome } = known
  return outcome.status === 'done' || outcome.id !== undefined || outcome.code === 'fate-unknown' ? [outcome] : []
}

/** The changes that were sent and not answered, in the order in which they were sent. */
function sentBefore(
  changes: Many<Change>,
  { types }: Target,
  created: Created,
  known: ReadonlyMap<string, Known>,
): SentChange[] {
  const open = new Map([...known].flatMap(([key, state]) => (state.kind === 'outcome' ? [] : [[key, state] as const])))
  if (open.size === 0) return []
  const sent = changes.values().filter(({ key }) => open.has(key))
  const bound = new Map(sent.map((change) => [change.key, bind(change, types, created)]))
  return [...open].flatMap(([key, state]) => {
    const change = bound.get(key)
    if (change === undefined || !isChange(change)) return []
    return [{ change, ...(state.kind === 'accepted' && { job: state.job }) }]
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
