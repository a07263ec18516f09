import type { ZdsError } from '../errors.ts'
import type { Many } from '../many.ts'
import type { Outcome, Step } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import type { ApplyRun, Run, SentChange, Target } from '../types.ts'
import { overBefore, type Objection } from './current.ts'
import { fromTarget, OUTCOME, targetInvalid } from '../well-formed.ts'
import { stepsOf } from './requests.ts'

/** How far a planned change has come; `planned` is one whose record has yet to be looked at. */
type ChangeState = 'planned' | 'fresh' | 'sent' | 'ended'

/** What is asked before a record is written, and who writes down what waited. */
export type Checking = { readonly objection?: Objection | undefined; readonly waited?: ApplyRun['waited'] | undefined }

/**
 * The steps of a target, held against what a target promises: it sends what is planned, fresh and
 * without an outcome, and tells of each once, after it was sent. A change that ends without an
 * outcome is settled where it was sent; else it has failed. Throws TARGET_INVALID.
 */
export async function* checkedSteps(
  target: Target,
  changes: Many<Change>,
  run: Run,
  { objection, waited = async () => undefined }: Checking = {},
): AsyncGenerator<Step> {
  const looks = ({ id }: Change): boolean => target.staleness === 'batch' && id !== undefined
  const states = new Map(
    changes.values().map((change): [string, ChangeState] => [change.key, looks(change) ? 'planned' : 'fresh']),
  )
  const jobs = new Map<string, string>()
  const over: Outcome[] = []
  const fresh = async (some: Iterable<Change>): Promise<readonly Change[]> => {
    const asked = [...some]
    const wasSent = ({ key }: Change): boolean => states.get(key) === 'sent'
    const found = await overBefore(asked.filter(looks), target, run, wasSent, objection)
    for (const { key } of asked) if (states.get(key) === 'planned') states.set(key, 'fresh')
    for (const { key } of found) states.set(key, 'ended')
    over.push(...found)
    return asked.filter(({ key }) => states.get(key) !== 'ended')
  }

  for await (const step of stepsOf(target, changes, { ...run, fresh, waited })) {
    yield* over.splice(0)
    follow(step, states, target)
    if (step.status === 'accepted') for (const key of step.keys) jobs.set(key, step.job)
    yield step
  }
  yield* over

  const open = new Set(states.keys().filter((key) => states.get(key) === 'sent'))
  const unanswered = open.size === 0 ? [] : changes.values().filter(({ key }) => open.has(key))
  const sent = Array.from(unanswered, (change): SentChange => {
    const job = jobs.get(change.key)
    return { change, ...(job !== undefined && { job }) }
  })
  yield* settledOutcomes(sent, target, run, states)
  for (const [key, state] of states) if (state !== 'ended') yield untold(key, target)
}

/**
 * What the target says of changes that were sent and not answered: of each once, and of no other.
 */
export async function* settledOutcomes(
  sent: readonly SentChange[],
  target: Target,
  run: Run,
  states = new Map(sent.map(({ change }): [string, ChangeState] => [change.key, 'sent'])),
): AsyncGenerator<Outcome> {
  if (sent.length === 0) return
  for await (const outcome of fromTarget(target, 'settles', target.settle(sent, run), OUTCOME)) {
    follow(outcome, states, target)
    yield outcome
  }
}

/** The same of a run that nobody goes on with: what a target is silent about was not carried out. */
export async function* endedOutcomes(sent: readonly SentChange[], target: Target, run: Run): AsyncGenerator<Outcome> {
  const open = new Set(sent.map(({ change }) => change.key))
  for await (const outcome of settledOutcomes(sent, target, run)) {
    open.delete(outcome.key)
    yield outcome
  }
  const message = `${target.instance}: no answer came before the run was given up, and it was not carried out`
  for (const key of open) yield { key, status: 'failed', code: 'no-answer', message }
}

/** Notes a step, or throws TARGET_INVALID where there is no way to it. */
function follow(step: Step, states: Map<string, ChangeState>, target: Target): void {
  for (const key of 'keys' in step ? step.keys : [step.key]) {
    const state = states.get(key)
    const may = state === 'sent' || (state === 'fresh' && step.status === 'sending')
    if (!may) throw broken(target, step.status === 'sending' ? `would send ${key}` : `tells of ${key}`, state)
    states.set(key, 'key' in step ? 'ended' : 'sent')
  }
}

const WHY = {
  planned: 'without having asked whether its record is as the plan says',
  fresh: 'without having said that it sends it',
  sent: '',
  ended: 'which has its outcome already',
} as const satisfies { [state in ChangeState]: string }

const broken = (target: Target, what: string, state: ChangeState | undefined): ZdsError =>
  targetInvalid(target, `${what}, ${state === undefined ? 'which is not planned' : WHY[state]}`)

function untold(key: string, { instance, resource }: Target): Outcome {
  const message = `The target of ${instance} ${resource} has not told what became of it`
  return { key, status: 'failed', code: 'no-outcome', message }
}
