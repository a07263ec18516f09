import { unmetEverywhere } from '../compare/guards.ts'
import { stages, syncsOf, type Stage } from '../config/stages.ts'
import { boundsOf, excesses } from '../plan/limits.ts'
import { addProof } from '../plan/mac.ts'
import { assemble, count, type Plan, type SyncPlan } from '../plan/plan.ts'
import type { Summary } from '../state/state.ts'
import { compareStage } from './compare-stage.ts'
import { elsewhere } from './elsewhere.ts'
import { onlyUndone } from './failed-from.ts'
import { checkReady, gather } from './gather.ts'
import type { PastRun } from './history.ts'
import { meanwhile, toldOnce } from './meanwhile.ts'
import { tellObservers } from './observers.ts'
import { leavePlan, syncPlanLeft } from './plan-parts.ts'
import { schedule, type StageWatch, type Watch } from './schedule.ts'
import { syncNamed, type Shared } from './shared.ts'
import { leaveLaps, watchTimes, type Lap } from './timeline.ts'

/** What a stage of a plan comes to. */
export type Read = ({ readonly kind: 'rows' } & Summary) | { readonly kind: 'plan'; readonly plan: SyncPlan }

/**
 * Checks, gathers, compares and assembles; leaves the artifacts of all stages and the plan under
 * the name of the run. With `failedFrom`, only what that run did not get done is planned. From what
 * another run has gathered (`fromRun`), nothing is checked, left or told to anybody.
 */
export async function planRun(
  shared: Shared,
  runId: string,
  failedFrom: PastRun | undefined,
  watch: Watch<Read>,
): Promise<Plan> {
  const { whole, laps } = await comparedAll(shared, runId, watch)
  const parts = failedFrom === undefined ? whole : await onlyUndone(whole, failedFrom, shared)
  const plan = await assembleParts(parts, shared)
  if (shared.from !== undefined) return plan
  await leaveLaps('plan', laps, shared.state.artifacts(runId))
  await leave(plan, shared, runId, watch)
  return plan
}

/** Checks, gathers and compares: the plan of each sync, in no order, and how long what took. */
export async function comparedAll(
  shared: Shared,
  runId: string,
  watch: Watch<Read>,
): Promise<{ readonly whole: readonly SyncPlan[]; readonly laps: readonly Lap[] }> {
  const ready = shared.from === undefined ? checkReady(shared, watch) : Promise.resolve()
  const timing = watchTimes(toldOnce(ready, watch), shared.clock)
  const reading = stages(shared.config).filter((stage) => stage.kind !== 'apply')
  const made = await meanwhile(ready, shared.signal, (signal) =>
    readStages(reading, { ...shared, signal }, runId, timing.watch),
  )
  return { whole: made.flatMap((read) => (read.kind === 'plan' ? [read.plan] : [])), laps: timing.laps }
}

/** A stage that reads and computes, and changes nothing. */
export type Reading = Exclude<Stage, { readonly kind: 'apply' }>

/** Gathers and compares, each as soon as it can; what each came to, in no order. */
export async function readStages(
  all: readonly Reading[],
  shared: Shared,
  runId: string,
  watch: Watch<Read>,
): Promise<readonly Read[]> {
  const made: Read[] = []
  await schedule<Reading, Read>(
    all,
    async (stage, told, signal) => {
      const here = { ...shared, signal }
      const read: Read =
        here.workers !== undefined
          ? await readElsewhere(stage, here, runId, told)
          : stage.kind === 'gather'
            ? { kind: 'rows', ...(await gather(stage, here, runId, told)) }
            : { kind: 'plan', plan: await compareStage(stage, here, runId, told) }
      made.push(read)
      return read
    },
    { signal: shared.signal, watch },
  )
  return made
}

async function readElsewhere(stage: Reading, shared: Shared, runId: string, watch: StageWatch): Promise<Read> {
  await elsewhere(stage, shared, runId, watch)
  const artifacts = shared.state.artifacts(runId)
  if (stage.kind === 'compare') return { kind: 'plan', plan: await syncPlanLeft(stage.id, artifacts) }
  const summary = await artifacts.summary(stage.id)
  watch.rows(summary.rows)
  return { kind: 'rows', ...summary }
}

/** The plan of comparisons in the order of the configuration, held against its limits. */
export async function assembleParts(parts: readonly SyncPlan[], shared: Shared): Promise<Plan> {
  const syncs = syncsOf(shared.config)
  const byName = new Map(parts.map((part) => [part.name, part]))
  const ordered = [...syncs.keys()].flatMap((name) => byName.get(name) ?? [])
  return planOf(unmetEverywhere(ordered, syncs), shared)
}

/** Keeps a plan with what it was made of, and tells the observers of it. */
export async function leave(plan: Plan, shared: Shared, runId: string, watch: Watch<Read>): Promise<void> {
  await leavePlan(plan, shared.state.artifacts(runId))
  const warnings = await tellObservers((observer, run) => observer.planned?.(plan, run), shared)
  for (const warning of warnings) watch.warn(warning)
}

/** The plan of these syncs, with what of it goes beyond its limits, and its proof. */
export async function planOf(parts: readonly SyncPlan[], shared: Shared, undoes?: string): Promise<Plan> {
  return addProof(assemble(await holdAgainstLimits(parts, shared), shared.fingerprint, shared.clock, undoes))
}

/**
 * The syncs of a plan with what of them goes beyond the limits of the configuration: held against
 * them here and nowhere else, together with what each sync desired when a plan was last carried
 * out. What a plan says of its own excesses is not believed.
 */
export async function holdAgainstLimits(parts: readonly SyncPlan[], shared: Shared): Promise<SyncPlan[]> {
  const last = await lastCarriedOut(shared)
  return Promise.all(
    parts.map(async (part): Promise<SyncPlan> => {
      const { rules, target, limits } = syncNamed(part.name, shared)
      const address = target.address()
      const before = await shared.state.journal.lastDesired(part.name, address)
      const earlier = last.find((sync) => sync.name === part.name && sync.address === address)
      const existing = Math.min(part.existing, believedAfter(earlier))
      const measured = { ...part, existing, before, adopt: rules.adopt, retire: rules.retire }
      return {
        ...part,
        ...(address !== '' && { address }),
        ...(target.confined === true && { confined: true }),
        excesses: excesses(measured, limits),
        bounds: boundsOf(measured, limits),
      }
    }),
  )
}

/** Of so many records a share is taken, whatever the state knows. */
const BELIEVED = 100

/** A sync has at most twice the records that its last run has left: more is not believed. */
const believedAfter = (earlier: SyncPlan | undefined): number =>
  earlier === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(BELIEVED, 2 * (earlier.existing + count(earlier, 'create')))

/** What was carried out last, as the state knows it. */
async function lastCarriedOut({ state: { journal } }: Shared): Promise<readonly SyncPlan[]> {
  const run = (await journal.runs(RECENT)).find(({ status }) => status === 'done')
  return (run && (await journal.plan(run.id)))?.syncs ?? []
}

/** So many runs are looked at. */
const RECENT = 20
