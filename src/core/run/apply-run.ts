import { backwards, stages, syncsOf } from '../config/stages.ts'
import { messageOf, ZdsError } from '../errors.ts'
import type { Outcome, RunEnd, RunStatus } from '../outcome.ts'
import type { Plan } from '../plan/plan.ts'
import type { Approval, Desires, Hold, State } from '../state/state.ts'
import type { Consent } from './approval.ts'
import { applySync, type Progress } from './apply-sync.ts'
import { noteWaitsOf } from './noted-waits.ts'
import { locked, whileHeld } from './held.ts'
import { assertAnswerable, isSettled, isUnfinished, knownBefore, unsettledIn } from './history.ts'
import type { Earlier, PastRun } from './history.ts'
import { tellObservers } from './observers.ts'
import { assertFirst, assertLeft } from './overtaken.ts'
import { reportOf, type Report } from './report.ts'
import { schedule, type Watch } from './schedule.ts'
import { newRunId, type Shared, type StageOf } from './shared.ts'
import { leaveLaps, watchTimes } from './timeline.ts'
import { atOnce, waitingRoom } from './waiting.ts'

export type ApplyAsked = Consent & {
  /** How long to wait for another run's lock, in milliseconds. Default 0. */
  readonly waitMs?: number | undefined
  /** A plan that was made longer ago is not carried out, in milliseconds. Default 24 h. */
  readonly maxAgeMs?: number | undefined
}

/** How a plan is carried out. */
export type ApplyOptions = {
  /** Who let it pass its limits. */
  readonly approval?: Approval | undefined
  readonly forced: boolean
  /** How long to wait for another run's lock, in milliseconds. */
  readonly waitMs: number
  /** What is known of a sync that went before, where another run has carried it out. */
  readonly earlier?: Earlier
}

type ApplyWork = {
  readonly earlier?: Earlier | undefined
  readonly plan: Plan
  readonly run: string
  readonly forced: boolean
  /** True for the rest of a run that had stopped. */
  readonly resumed: boolean
  /** True for one that is given up: what was sent is settled, and nothing else is done. */
  readonly givenUp?: boolean
  /** Not where workers carry it out. */
  readonly hold?: Hold
  readonly startedAt: Date
}

/**
 * Carries out a plan in the name of a run, under the locks of all addresses that it writes to:
 * whatever happens is in the journal first, and nothing is sent without the locks. The report says
 * how far it came, and why no further. Throws LOCKED where another run has a lock, PLAN_STALE where
 * another one has overtaken it, CLOCK_WRONG where a service has another time.
 */
export async function applyRun(
  plan: Plan,
  run: string,
  { approval, forced, waitMs, earlier }: ApplyOptions,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<Report> {
  const begin = async (state: State, at: Date) => {
    await assertFirst(plan, state)
    await state.journal.begin({ id: run, plan, forced, at, approval })
  }
  return begun({ plan, run, forced, resumed: false, earlier }, waitMs, shared, watch, begin)
}

/** Goes on with a run that stopped, under what was agreed to then. */
export async function resumeRun(
  { run, plan }: PastRun,
  { waitMs, earlier }: Pick<ApplyOptions, 'waitMs' | 'earlier'>,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<Report> {
  const resume = async ({ journal }: State) => {
    await assertLeft(run.id, journal)
    await journal.resume(run.id)
  }
  return begun({ plan, run: run.id, forced: run.forced, resumed: true, earlier }, waitMs, shared, watch, resume)
}

/**
 * Gives up a run that stopped: nobody goes on with it. What it had sent when it died is settled, as
 * no later plan can: a record that was created by then is there, and who comes along with it is not
 * (SAFE-06). Observers are told what it has done (SYN-04). Throws PLAN_STALE where nobody can tell, and
 * what keeps it from its end.
 */
export async function giveUp(
  past: PastRun,
  { waitMs }: Pick<ApplyOptions, 'waitMs'>,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<void> {
  await assertAnswerable(past, shared)
  const { run, plan } = past
  const work = { plan, run: run.id, forced: run.forced, resumed: true, givenUp: true }
  // A worker would carry it out: it is settled here.
  const { workers: _, ...alone } = shared
  const begin = ({ journal }: State) => assertLeft(run.id, journal)
  const { error } = await begun(work, waitMs, alone, watch, begin)
  if (error !== undefined) throw error
}

/** Leaves a run that stopped as it is: nobody goes on with it, and nobody is asked what became of it. */
export async function leaveRun({ run, plan }: PastRun, waitMs: number, shared: Shared): Promise<void> {
  // Not in its name: this process may be the one that goes on with it.
  await locked(plan, newRunId(shared.clock), waitMs, shared, async (_, { state: { journal } }, at) => {
    await assertLeft(run.id, journal)
    await journal.end(run.id, 'abandoned', at)
  })
}

/**
 * Begins a run under its locks and carries it out: here as long as it has them, elsewhere each
 * worker takes that of the address that it writes to.
 */
async function begun(
  work: Omit<ApplyWork, 'hold' | 'startedAt'>,
  waitMs: number,
  shared: Shared,
  watch: Watch<Progress>,
  begin: (state: State, at: Date) => Promise<void>,
): Promise<Report> {
  const { startedAt, report } = await locked(work.plan, work.run, waitMs, shared, async (hold, held, at) => {
    await begin(held.state, at)
    const here = shared.workers === undefined
    return { startedAt: at, report: here ? await carryOut({ ...work, hold, startedAt: at }, held, watch) : undefined }
  })
  return report ?? carryOut({ ...work, startedAt }, shared, watch)
}

async function carryOut(work: ApplyWork, shared: Shared, watch: Watch<Progress>): Promise<Report> {
  const { plan, run, forced, hold } = work
  const { journal } = shared.state
  const outcomes = new Map<string, readonly Outcome[]>()
  const planned = new Map(plan.syncs.map((sync) => [sync.name, sync]))
  const timing = watchTimes(watch, shared.clock)
  const finish = async (status: RunStatus, error?: unknown): Promise<Report> => {
    try {
      await tellEnd(work, { status, error, outcomes }, shared, watch)
      await leaveLaps('apply', timing.laps, shared.state.artifacts(run))
      await journal.end(run, status, shared.clock.now())
    } catch (cause) {
      // Where the state itself is gone, the run is one that was killed: its report still says how
      // far it came.
      if (error === undefined) throw cause
    }
    const unknown = error === undefined ? undefined : await unsettledIn(run, plan, journal).catch(() => undefined)
    return reportOf({ run, status, forced, ...(error !== undefined && { error }) }, plan, outcomes, unknown)
  }
  try {
    const parts = stages(shared.config).flatMap((stage) => {
      const sync = planned.get(stage.name)
      return stage.kind === 'apply' && sync !== undefined ? [{ stage, plan: sync }] : []
    })
    const undoing = plan.undoes !== undefined
    const forwards = parts.map(({ stage }) => stage)
    const applies = undoing ? backwards(forwards) : forwards
    // What workers carry out is seen once it has ended, so nothing can wait for less than all of it.
    const wholly = undoing || shared.workers !== undefined
    const earlier = work.earlier ?? knownBefore(run, plan, journal)
    const waiting = waitingRoom(wholly ? [] : parts)
    const shares = { ...work, earlier, planned, outcomes, waiting, since: shared.clock.now() }
    await schedule<StageOf<'apply'>, Progress>(
      wholly ? applies : applies.map(atOnce),
      async (stage, told, signal, ended) => {
        const here = { ...shared, ...(hold && { clock: whileHeld(shared.clock, hold) }), signal }
        const note = noteWaitsOf(run, stage.name, shared, (waits) => timing.waited(stage.id, waits))
        return applySync(stage, { ...shares, ended, note }, here, told)
      },
      { signal: shared.signal, watch: timing.watch },
    )
    if (work.givenUp) return await finish('abandoned')
    await journal.count(desires(plan, shared), run, shared.clock.now())
    return await finish('done')
  } catch (error) {
    if (shared.signal.aborted) return finish('interrupted', interrupted(error))
    const over = await isHopeless(work, shared).catch(() => false)
    return finish(over ? 'abandoned' : 'failed', error)
  }
}

/**
 * A run that somebody goes on with is not over: whoever ends it tells of all its changes, once
 * (SYN-04). That it stopped is told each time.
 */
async function tellEnd(
  work: ApplyWork,
  { status, error, outcomes }: Pick<RunEnd, 'status' | 'error' | 'outcomes'>,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<void> {
  const { plan, run, resumed, startedAt } = work
  const endedAt = shared.clock.now()
  if (!isUnfinished({ status }) && !(await shared.state.journal.claimTelling(run, endedAt))) return
  const moments = { startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() }
  const end = { run, status, error, plan, outcomes, resumed, ...moments }
  const warnings = await tellObservers((observer, lent) => observer.ended?.(end, lent), shared)
  for (const warning of warnings) watch.warn(warning)
}

/** What each sync of a plan desires, and where. */
function desires({ syncs }: Plan, { config }: Shared): Desires[] {
  const known = syncsOf(config)
  return syncs.map(({ name, desired }) => ({ sync: name, address: known.get(name)?.target.address() ?? '', desired }))
}

/**
 * What fails twice fails for a reason: the next apply makes a new plan instead of trying the old
 * one for ever. Unless something was sent of which nobody knows what became: that has to be settled
 * first.
 */
async function isHopeless({ resumed, plan, run }: ApplyWork, { state }: Shared): Promise<boolean> {
  if (!resumed) return false
  const known = await Promise.all(plan.syncs.map(({ name }) => state.journal.known(run, name)))
  return known.every(isSettled)
}

function interrupted(cause: unknown): ZdsError {
  return new ZdsError('INTERRUPTED', messageOf(cause), {
    cause,
    hint: 'What is done stays done. The same command goes on with the rest of this plan; zds apply --new starts afresh.',
  })
}
