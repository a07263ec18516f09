import { createHash } from 'node:crypto'
import {
  approveCommand,
  errorCode,
  planNumbers,
  RESUME_COMMAND,
  retryCommand,
  type Outcome,
  type Plan,
  type PlanFailure,
  type PlanNumbers,
  type Run,
  type RunEnd,
} from 'zds'

/**
 * `planned`: a plan was made. `not-planned`: none could be made, in a job. `waiting`: it goes beyond its
 * limits and waits for an approval.
 * `done`: a run is over. `recovered`: one is over that had stopped before. `stopped`: one failed or
 * was interrupted.
 */
export const EVENTS = ['planned', 'not-planned', 'waiting', 'done', 'recovered', 'stopped'] as const
export type EventType = (typeof EVENTS)[number]

/** What became of the changes of a sync, in numbers. */
type Ends = { readonly sync: string; readonly [status: string]: string | number }

/** What is posted: numbers of a plan and of what became of it, and no data of any record. */
export type Event = {
  readonly type: EventType
  /** The same for an event that is told again. */
  readonly id: string
  readonly timestamp: string
  readonly data: {
    /** Of all but `not-planned`. */
    readonly plan?: PlanNumbers
    readonly run?: string
    readonly status?: string
    /** The code of the error that ended the run. */
    readonly error?: string
    readonly outcomes?: readonly Ends[]
    readonly job?: string
    /** The command that goes on from here. */
    readonly next?: string
  }
}

/** A plan that was made, or that waits for an approval. */
export function eventOfPlan(type: 'planned' | 'waiting', plan: Plan, run: Run, job: string | undefined): Event {
  const next = type === 'waiting' ? { next: approveCommand(plan, run) } : {}
  return eventOf(type, plan.digest, run.clock.now(), {
    plan: planNumbers(plan),
    ...(job !== undefined && { job }),
    ...next,
  })
}

/** A plan that could not be made. */
export const eventOfFailure = ({ run, error, at }: PlanFailure, now: Date, job: string): Event =>
  eventOf('not-planned', `${run} ${at}`, now, { run, error: errorCode(error), job, next: 'zds plan' })

/** The end of a run. */
export function eventOfEnd(ended: RunEnd, at: Date, job: string | undefined): Event {
  const { run, status, plan, outcomes, error, endedAt } = ended
  const over = status === 'done' || status === 'abandoned'
  const type = over ? (ended.resumed ? 'recovered' : 'done') : 'stopped'
  const whole = [...outcomes.values()].every((some) => some.every((outcome) => outcome.status === 'done'))
  return eventOf(type, `${run} ${endedAt}`, at, {
    plan: planNumbers(plan),
    run,
    status,
    ...(error !== undefined && { error: errorCode(error) }),
    outcomes: plan.syncs.map(({ name }) => ({ sync: name, ...countsOf(outcomes.get(name) ?? []) })),
    ...(job !== undefined && { job }),
    ...(over ? !whole && { next: retryCommand(run) } : { next: RESUME_COMMAND }),
  })
}

function eventOf(type: EventType, of: string, at: Date, data: Event['data']): Event {
  const id = `zds_${createHash('sha256').update(`${type} ${of}`).digest('hex').slice(0, 32)}`
  return { type, id, timestamp: at.toISOString(), data }
}

function countsOf(outcomes: readonly Outcome[]): { [status: string]: number } {
  const counts: { [status: string]: number } = {}
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
