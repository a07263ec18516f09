import { basename } from 'node:path'
import { compareId, stages, syncsOf, type Stage } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import { nearest } from '../options.ts'
import type { Plan } from '../plan/plan.ts'
import type { State } from '../state/state.ts'
import type { ApplyAsked } from './apply-run.ts'
import type { Progress } from './apply-sync.ts'
import { applyStageIn } from './stage-apply.ts'
import { carriedIn } from './carried.ts'
import { checkReady } from './gather.ts'
import { notedReport, notPlanned } from './noted.ts'
import { assertFit, presentInputs, type StagePlace } from './inputs.ts'
import { syncPlanLeft } from './plan-parts.ts'
import { assembleParts, leave, readStages, type Read, type Reading } from './plan-run.ts'
import type { Report } from './report.ts'
import type { Watch } from './schedule.ts'
import type { Shared } from './shared.ts'

/** The stage that makes one plan of all comparisons. */
const PLAN_STAGE = 'plan'

export type StageAsked = ApplyAsked & {
  /** The directory where stages leave their artifacts for one another. */
  readonly run: string
  /** The day that the rules see. Default: that of what the stage needs, else the engine's. */
  readonly asOf?: string | undefined
  /** What an apply carries out its part of. */
  readonly plan?: Plan | undefined
}

/** What a stage came to: rows, the plan of a sync, the plan of all, or what became of one sync of it. */
export type StageEnd =
  | Read
  | { readonly kind: 'whole-plan'; readonly plan: Plan }
  | { readonly kind: 'report'; readonly report: Report }

/** The directory that stages leave their artifacts in and read them from, one process after another. */
const placeAt = (directory: string, { config }: Pick<Shared, 'config'>): StagePlace => ({
  name: directory,
  artifacts: carriedIn(directory),
  all: stages(config),
})

/** A stage by its id. Throws USAGE where there is none. */
export function stageNamed(id: string, { all }: StagePlace): Stage {
  const stage = all.find((one) => one.id === id)
  if (stage !== undefined) return stage
  const near = nearest(id, [PLAN_STAGE, ...all.map((one) => one.id)])
  throw new ZdsError('USAGE', `There is no stage ${id}`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}zds graph lists them.`,
  })
}

/**
 * Runs one stage in a directory; only what it needs itself is checked. Observers are told of the end
 * of an apply, of the plan, and of a stage without which no plan can be made.
 */
export async function runStage(
  id: string,
  asked: StageAsked,
  shared: Shared,
  watch: Watch<Read | Progress>,
): Promise<StageEnd> {
  const place = placeAt(asked.run, shared)
  const run = basename(asked.run)
  const orElse = (error: unknown): Promise<never> => notPlanned(run, shared, error)
  if (id === PLAN_STAGE)
    return { kind: 'whole-plan', plan: await planStage(place, asked.asOf, shared, watch).catch(orElse) }
  const stage = stageNamed(id, place)
  if (stage.kind !== 'apply') return readStage(stage, place, asked.asOf, shared, watch).catch(orElse)
  const { plan } = asked
  if (plan === undefined)
    throw new ZdsError('USAGE', `${id} needs the plan that it carries out`, {
      hint: `zds stage plan --run ${place.name} --out FILE makes one; then: zds stage ${id} --run ${place.name} --plan FILE`,
    })
  const carryOut = (): Promise<Report> => applyStageIn(stage, plan, asked, place, shared, watch)
  return { kind: 'report', report: await notedReport(run, plan, shared, carryOut) }
}

/**
 * Gathers or compares, from the artifacts in a directory and into it. Its day is that of what it
 * needs, unless `asOf` says it; nothing is checked that it does not need itself.
 */
export async function readStage(
  stage: Reading,
  place: StagePlace,
  asOf: string | undefined,
  shared: Shared,
  watch: Watch<Read>,
): Promise<Read> {
  const here = await inside(place, stage, asOf, shared)
  await checkReady(here, watch, {
    sources: new Set(stage.kind === 'gather' ? [stage.source] : []),
    syncs: stage.kind === 'gather' ? [] : [stage.sync],
  })
  const [read] = await readStages([stage], here, place.name, watch)
  if (read === undefined) throw new Error(`${stage.id} has come to nothing`)
  return read
}

/** Assembles the comparisons in a directory; the plan is as old as what it is made of. */
async function planStage(
  place: StagePlace,
  asOf: string | undefined,
  shared: Shared,
  watch: Watch<Read>,
): Promise<Plan> {
  const needs = [...syncsOf(shared.config).keys()].map(compareId)
  const here = await inside(place, { id: PLAN_STAGE, needs }, asOf, shared)
  const parts = await Promise.all(needs.map((id) => syncPlanLeft(id, place.artifacts)))
  const plan = await assembleParts(parts, here)
  await leave(plan, here, place.name, watch)
  return plan
}

/**
 * What a stage works with in a directory, once what it needs is there and fits. Throws
 * ARTIFACT_MISSING or ARTIFACT_MISFIT.
 */
async function inside(
  place: StagePlace,
  stage: Pick<Stage, 'id' | 'needs'>,
  asOf: string | undefined,
  shared: Shared,
): Promise<Shared> {
  const inputs = await presentInputs(stage, place)
  const today = asOf ?? inputs.values().find((input) => input.asOf !== undefined)?.asOf ?? shared.clock.today
  await assertFit(stage, inputs, place, shared, today)
  const state: State = { ...shared.state, artifacts: () => place.artifacts }
  const [then] = [...inputs.values()].flatMap(({ at }) => at ?? []).toSorted()
  const now = stage.id === PLAN_STAGE && then !== undefined && { now: () => new Date(then) }
  return { ...shared, state, clock: { ...shared.clock, ...now, today } }
}
