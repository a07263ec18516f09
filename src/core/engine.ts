import { basename } from 'node:path'
import { runChannel } from './channels.ts'
import { dateOf, systemClock, type Clock } from './clock.ts'
import { inHalves } from './config/fingerprint.ts'
import { stages } from './config/stages.ts'
import { ZdsError } from './errors.ts'
import { changeCount, type Plan } from './plan/plan.ts'
import { localState } from './state/local.ts'
import type { RunRecord, State } from './state/state.ts'
import type { Config } from './config/define.ts'
import { applyRun, giveUp, leaveRun, resumeRun, type ApplyAsked } from './run/apply-run.ts'
import type { Progress } from './run/apply-sync.ts'
import { passLimits } from './run/approval.ts'
import { explainKey, type ExplainAsked, type Explanation } from './answers/explain.ts'
import { assertOurs, assertWhole } from './run/fits.ts'
import { forecastUntil, type Forecast, type ForecastAsked } from './answers/forecast.ts'
import { fromRun, gatheredBy } from './run/from-run.ts'
import { checkReady, partsToWrite } from './run/gather.ts'
import { assertGoesOn, reportOfPast, runNamed } from './run/history.ts'
import type { PastRun, Rest, RestAsked } from './run/history.ts'
import { listen } from './run/observers.ts'
import { notedPlan, notedReport } from './run/noted.ts'
import { onGathered, type AnswerFrom } from './answers/on-gathered.ts'
import { restBefore } from './run/overtaken.ts'
import { planRun, type Read } from './run/plan-run.ts'
import { reportOf, type Report } from './run/report.ts'
import { UNWATCHED, type Watch } from './run/schedule.ts'
import { newRunId, syncNamed, type Shared } from './run/shared.ts'
import { stagePart } from './run/stage-part.ts'
import { runStage, type StageAsked, type StageEnd } from './run/stage-run.ts'
import { tidyAfter } from './run/retention.ts'
import { assertTimely, carriedOut } from './run/timely.ts'
import { undoRun } from './run/undo-run.ts'

export type EngineOptions = {
  readonly config: Config
  /**
   * What makes the configuration the one that it is, as `load` tells it; else the addresses that it
   * writes to.
   */
  readonly fingerprint?: string
  /** Default: what the configuration says, else `localState`; opened in `directory`. */
  readonly state?: State
  /** Where the files of this machine are. Default: `.zds` in the working directory. */
  readonly directory?: string
  /** Default: the machine's clock, and today (UTC) for the rules. */
  readonly clock?: Clock
  /** Told what a person should know although nothing stops for it, outside of any run. */
  readonly warn?: (message: string) => void
  /** Stops whatever is under way; what was begun is in the journal. */
  readonly signal?: AbortSignal
}

/** What happens in a run, as it is told to whoever watches. */
export type RunWatch = Watch<Read | Progress>

export type PlanAsked = AnswerFrom & { readonly failedFrom?: string | undefined }

/**
 * Runs of one configuration: what the command line, a test, a script or a worker calls. It prints
 * nothing, asks nobody and ends no process. Every method throws ZdsError.
 */
export interface Engine {
  readonly shared: Shared
  /** Throws everything that keeps a run from its start, all at once (SAFE-07). */
  check(): Promise<void>
  /**
   * Checks, gathers, compares. With `failedFrom`, only what that run (its id, or `last`) did not
   * get done. `from` a run (its id, or `last`) or a directory of stages it makes no request: what
   * was gathered is taken from there, as of the day of then or `asOf`; processors, rules and files
   * are those of today.
   */
  plan(options?: PlanAsked, watch?: RunWatch): Promise<Plan>
  /** What is known of one key: from a live read, or from what a run has gathered. Writes nothing. */
  explain(asked: ExplainAsked, from?: AnswerFrom, watch?: RunWatch): Promise<Explanation>
  /** What time alone will change up to a day, `YYYY-MM-DD`. Writes nothing. */
  forecast(asked: ForecastAsked, from?: AnswerFrom, watch?: RunWatch): Promise<Forecast>
  /**
   * Carries a plan out. One that goes beyond its limits needs consent (LIMIT_EXCEEDED); it must fit
   * the configuration, the day and the hour (PLAN_STALE, PLAN_DATE, PLAN_EXPIRED), and no run may
   * have begun with it (PLAN_STALE: `resume` goes on). One that was not made by this engine must be
   * one that its syncs make (PLAN_INVALID), and by who has the key where there is one
   * (PLAN_NOT_AUTHENTIC). The report says how far it came, and in `error` why no further.
   */
  apply(plan: Plan, asked?: ApplyAsked, watch?: RunWatch): Promise<Report>
  /**
   * One stage in a process of its own, from the artifacts in the directory `run` and into it:
   * `gather:accounts`, `compare:global`, `plan`, or `apply:global` of a plan. Throws
   * ARTIFACT_MISSING where what it needs is not there, ARTIFACT_MISFIT where it does not fit.
   */
  stage(id: string, asked: StageAsked, watch?: RunWatch): Promise<StageEnd>
  /** The run that has carried out this plan since it was made. */
  carriedOut(plan: Plan): Promise<RunRecord | undefined>
  /**
   * A run that stopped, and why it is not gone on with where it is not; LOCKED where it is still
   * under way.
   */
  rest(asked?: RestAsked): Promise<Rest | undefined>
  /**
   * Gives up a run that stopped: what it had sent is settled, and nobody goes on with it. A run whose
   * services do not answer is not given up, but where it is to be `left` as it is.
   */
  abandon(rest: PastRun, asked?: { readonly waitMs?: number; readonly left?: boolean }, watch?: RunWatch): Promise<void>
  /** Goes on with a run that stopped, under what was agreed to then. */
  resume(rest: Rest, asked?: { readonly waitMs?: number }, watch?: RunWatch): Promise<Report>
  /** What became of the plan of a run, its id or `last`, as far as the journal knows. */
  report(run: string): Promise<Report>
  /** A run by its id, or `last`. Throws USAGE where there is none. */
  runNamed(asked: string): Promise<PastRun>
  /** A plan that sets back what a run (its id, or `last`) changed. */
  undo(run: string, warn?: (message: string) => void): Promise<Plan>
  /** Carries out stages for others until the signal says so: `engine` of the configuration. */
  work(tell: (message: string) => void): Promise<void>
  close(): Promise<void>
}

/**
 * Throws CONFIG_INVALID for a configuration whose stages do not fit together, STATE_INVALID for a
 * state that cannot be used.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { config } = options
  stages(config)
  const shared: Shared = {
    config,
    fingerprint: options.fingerprint ?? inHalves(null, config),
    state: options.state ?? (await (config.state ?? localState)(options.directory ?? '.zds')),
    clock: options.clock ?? systemClock(),
    signal: options.signal ?? new AbortController().signal,
  }
  const { journal } = shared.state
  const workers = await Promise.try(() => config.engine?.ask(shared)).catch(async (error: unknown) => {
    if (options.state === undefined) await shared.state.close()
    throw error
  })
  const stopListening = await listen(config, options.warn ?? (() => undefined))
  /** As those share it who have stages carried out, here or by workers. */
  const asking: Shared = { ...shared, ...(workers && { workers }) }
  let { clock } = shared
  /**
   * An engine may live for days: what is asked of it is as of the day of then (PROC-04). One clock a
   * day: by it the services are remembered that have another time.
   */
  const asOfToday = (one: Shared): Shared => {
    if (options.clock === undefined && clock.today !== dateOf(clock.now())) clock = systemClock()
    return { ...one, clock }
  }
  /** In whose name a plan was made here: it is carried out under the name that its artifacts have. */
  const madeIn = new WeakMap<Plan, string>()
  const traced = (run: string, plan: Plan, carryOut: () => Promise<Report>): Promise<Report> =>
    runChannel.tracePromise(() => notedReport(run, plan, asOfToday(shared), carryOut), { run, part: 'apply' })

  return {
    shared,
    check: () => checkReady(shared),
    plan: async ({ failedFrom, from, asOf } = {}, watch = UNWATCHED) => {
      const past = failedFrom === undefined ? undefined : await runNamed(journal, failedFrom)
      if (from !== undefined) {
        const gathered = await gatheredBy(from, shared)
        return fromRun(gathered, asOfToday(shared), (offline) => planRun(offline, 'from', past, watch), asOf)
      }
      const runId = newRunId(shared.clock)
      const here = asOfToday(asking)
      const plan = await notedPlan(runId, here, () => planRun(here, runId, past, watch))
      madeIn.set(plan, runId)
      return plan
    },
    explain: (asked, from = {}, watch = UNWATCHED) =>
      onGathered(from, asOfToday(shared), watch, (here, run) => explainKey(asked, here, run), asked),
    forecast: (asked, from = {}, watch = UNWATCHED) =>
      onGathered(from, asOfToday(shared), watch, (here, run) => forecastUntil(asked, here, run), asked),
    apply: async (plan, { waitMs = 0, maxAgeMs, ...consent } = {}, watch = UNWATCHED) => {
      const runId = madeIn.get(plan)
      madeIn.delete(plan)
      const run = runId ?? newRunId(shared.clock)
      const here = asOfToday(asking)
      return traced(run, plan, async () => {
        assertTimely(plan, here, maxAgeMs)
        if (runId === undefined) assertOurs(plan, shared)
        const { plan: agreed, approval } = await passLimits(plan, consent, here)
        const forced = consent.force ?? false
        if (changeCount(agreed) === 0) return reportOf({ run, status: 'done', forced }, agreed, new Map())
        if (runId === undefined) await readyToWrite(agreed, here, watch)
        return tidyAfter(await applyRun(agreed, run, { approval, forced, waitMs }, here, watch), shared, watch)
      })
    },
    stage: (id, asked, watch = UNWATCHED) => {
      const message = { run: basename(asked.run), part: 'stage' } as const
      return runChannel.tracePromise(() => runStage(id, asked, asOfToday(shared), watch), message)
    },
    carriedOut: (plan) => carriedOut(plan, shared),
    rest: (asked = {}) => restBefore(asked, shared),
    abandon: (rest, { left = false, waitMs = 0 } = {}, watch = UNWATCHED) =>
      left ? leaveRun(rest, waitMs, shared) : giveUp(rest, { waitMs }, shared, watch),
    resume: async (rest, { waitMs = 0 } = {}, watch = UNWATCHED) => {
      assertGoesOn(rest)
      const here = asOfToday(asking)
      return traced(rest.run.id, rest.plan, async () => {
        assertOurs(rest.plan, shared, `The plan of run ${rest.run.id}`)
        await readyToWrite(rest.plan, here, watch)
        return tidyAfter(await resumeRun(rest, { waitMs }, here, watch), shared, watch)
      })
    },
    report: async (run) => reportOfPast(await runNamed(journal, run), journal),
    runNamed: (asked) => runNamed(journal, asked),
    undo: async (run, warn = () => undefined) => {
      const past = await runNamed(journal, run)
      assertWhole(past.plan, `The plan of run ${past.run.id}`)
      await checkReady(shared)
      return undoRun(past, asOfToday(shared), warn)
    },
    work: async (tell) => {
      if (config.engine === undefined) throw noEngine()
      await config.engine.serve({
        ...shared,
        perform: (task, part, held) => stagePart(task, part, held, shared),
        tell,
      })
    },
    close: async () => {
      await stopListening()
      await workers?.close()
      await shared.state.close()
    },
  }
}

/** What a plan writes to has to be ready; what it was made from is read no more. */
function readyToWrite({ syncs }: Plan, shared: Shared, watch: RunWatch): Promise<void> {
  const concerned = syncs.filter(({ changes }) => changes.length > 0)
  return checkReady(shared, watch, partsToWrite(concerned.map(({ name }) => syncNamed(name, shared))))
}

function noEngine(): ZdsError {
  return new ZdsError('CONFIG_INVALID', 'The configuration has no engine, so nobody asks for the help of a worker', {
    hint: 'Set engine: in it; in the reference configuration with ZDS_ENGINE=dbos (docs/workers.md).',
  })
}
