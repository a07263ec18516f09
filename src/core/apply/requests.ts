import { HttpError } from '../http/error.ts'
import { httpPolicy } from '../http/policy.ts'
import { backoff } from '../http/wait.ts'
import type { Many } from '../many.ts'
import type { Outcome, Step } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import { batches, collect } from '../streams.ts'
import type { ApplyRun, Target } from '../types.ts'
import { fromTarget, OUTCOME, STEP } from '../well-formed.ts'
import { merge } from './merge.ts'

/** The steps in which a target carries out changes. */
export function stepsOf(target: Target, changes: Many<Change>, run: ApplyRun): AsyncIterable<Step> {
  if ('apply' in target) return fromTarget(target, 'applies', target.apply(changes, run), STEP)
  const { batch, parallel } = target.write
  return merge(() => batches(changes, batch).map((some) => request(some, target, run)), parallel, run.signal)
}

type Requesting = Extract<Target, { readonly write: unknown }>

/**
 * Sends one batch until each of its changes has an outcome, as often as the environment's policy
 * allows. After a lost answer it is settled first: what was carried out is not sent again. A service
 * that is away all that time (503) ends the run: that is no failure of single changes.
 */
async function* request(changes: readonly Change[], target: Requesting, run: ApplyRun): AsyncGenerator<Step, void> {
  const { attempts, baseDelayMs } = httpPolicy()
  let left = changes
  for (let attempt = 1; ; attempt += 1) {
    left = await run.fresh(left)
    if (left.length === 0) return
    yield { status: 'sending', keys: left.map(({ key }) => key) }
    const { outcomes, away } = await answerOf(left, target, run)
    yield* outcomes
    left = without(left, outcomes)
    if (left.length === 0) return
    await run.clock.sleep(backoff(baseDelayMs, attempt), run.signal)
    const sent = left.map((change) => ({ change }))
    const found = await collect(fromTarget(target, 'settles', target.settle(sent, run), OUTCOME))
    yield* found
    left = without(left, found)
    if (attempt < attempts) continue
    if (left.length > 0 && away !== undefined) throw away
    const message = `${target.instance}: ${attempt} answers were lost, and it was not carried out`
    yield* left.map(({ key }): Outcome => ({ key, status: 'failed', code: 'no-answer', message }))
    return
  }
}

const without = (changes: readonly Change[], outcomes: readonly Outcome[]): Change[] => {
  const told = new Set(outcomes.map(({ key }) => key))
  return changes.filter(({ key }) => !told.has(key))
}

type Answered = { readonly outcomes: readonly Outcome[]; readonly away?: HttpError }

/**
 * The outcomes that the answer holds; none where it was lost, `away` where that was since the service
 * is. Throws what concerns more than this request.
 */
async function answerOf(changes: readonly Change[], target: Requesting, run: ApplyRun): Promise<Answered> {
  const { write, staleness } = target
  try {
    const told = await write.send(changes, run)
    return { outcomes: await collect(fromTarget(target, 'sends', told, OUTCOME)) }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (error.arrived === 'maybe') return { outcomes: [], ...(error.status === 503 && { away: error }) }
    if (error.code !== 'HTTP_REFUSED') throw error
    const { status, message } = error
    const stale = status === 412 && staleness === 'condition'
    const told = stale
      ? ({ status: 'stale', code: 'changed-since-plan', message: 'Changed since the plan was made' } as const)
      : ({ status: 'failed', code: `http-${status}`, message } as const)
    return { outcomes: changes.map(({ key }) => ({ key, ...told })) }
  }
}

/** The `settle` of a target whose service cannot be asked what became of a change. */
export const cannotTell: Target['settle'] = async function* (sent) {
  const message = 'No answer came, and this target cannot tell what became of it; the next plan shows it'
  for (const { change } of sent) yield { key: change.key, status: 'failed', code: 'fate-unknown', message }
}
