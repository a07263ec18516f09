import { applyId } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import { settledIn, type Known, type Outcome } from '../outcome.ts'
import { changeCount, digestOf, type Plan } from '../plan/plan.ts'
import type { Artifacts, RunRecord } from '../state/state.ts'
import { applyRun, giveUp, resumeRun, type ApplyAsked, type ApplyOptions } from './apply-run.ts'
import type { Progress } from './apply-sync.ts'
import { passLimits } from './approval.ts'
import { assertOurs } from './fits.ts'
import { checkReady, partsToWrite } from './gather.ts'
import { isUnfinished, reportOfPast, type Earlier } from './history.ts'
import { madeFrom, presentInputs, type StagePlace } from './inputs.ts'
import { assertDue } from './overtaken.ts'
import { reportOf, type Report } from './report.ts'
import { tidyAfter } from './retention.ts'
import type { Watch } from './schedule.ts'
import { newRunId, type Shared, type StageOf } from './shared.ts'
import { assertTimely, runsOf } from './timely.ts'

/**
 * Carries out what a plan has for one sync, after the syncs that go before it, whose outcomes are
 * in the directory; its own are left there. The whole plan must be within its limits, or agreed to,
 * as for an apply. Called again it goes on where it stopped, and does nothing twice.
 */
export async function applyStageIn(
  stage: StageOf<'apply'>,
  plan: Plan,
  { waitMs = 0, maxAgeMs, ...consent }: ApplyAsked,
  place: StagePlace,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<Report> {
  assertTimely(plan, shared, maxAgeMs)
  assertOurs(plan, shared)
  await assertBefore(stage, plan, place)
  const { plan: agreed, approval } = await passLimits(plan, consent, shared)
  const how = { approval, forced: consent.force ?? false, waitMs, earlier: earlierIn(place.artifacts) }
  const report = await carriedOutOnce(stage, onlyOf(agreed, stage.name), how, shared, watch)
  if (report.error !== undefined) return report
  const outcomes = settledIn(await shared.state.journal.known(report.run, stage.name))
  await place.artifacts.write(stage.id, outcomes, (rows, digest) => {
    return { rows, complete: true, digest, ...madeFrom(new Map(), shared), inputs: { plan: plan.digest } }
  })
  return tidyAfter(report, shared, watch)
}

/** The part of a plan that one sync carries out, a plan of its own. */
function onlyOf(plan: Plan, name: string): Plan {
  const syncs = plan.syncs.filter((sync) => sync.name === name)
  if (syncs.length === 0 || plan.undoes !== undefined)
    throw new ZdsError('PLAN_STALE', `The plan has no part that apply:${name} could carry out by itself`, {
      hint: 'Make one with zds stage plan; a plan of zds undo is carried out as a whole: zds apply FILE',
    })
  const { version, asOf, config } = plan
  return { ...plan, syncs, digest: digestOf({ version, asOf, config, syncs }) }
}

type How = Required<ApplyOptions>

async function carriedOutOnce(
  { sync, name }: StageOf<'apply'>,
  plan: Plan,
  how: How,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<Report> {
  const { journal } = shared.state
  if (changeCount(plan) === 0)
    return reportOf({ run: newRunId(shared.clock), status: 'done', forced: how.forced }, plan, new Map())
  const before = (await runsOf(plan, journal)).find(({ status }) => status !== 'abandoned')
  if (before?.status === 'done') return reportOfPast({ run: before, plan }, journal)
  if (before === undefined) await assertDue(plan, shared.state)
  await checkReady(shared, watch, partsToWrite([sync]))
  if (before !== undefined) return resumeRun({ run: before, plan }, how, shared, watch)
  for (const run of (await journal.runs()).filter(isUnfinished)) await superseded(run, name, how, shared, watch)
  return applyRun(plan, newRunId(shared.clock), how, shared, watch)
}

/** Gives up a run that stopped before this plan was given, where it had begun with the same sync. */
async function superseded(
  run: RunRecord,
  name: string,
  how: How,
  shared: Shared,
  watch: Watch<Progress>,
): Promise<void> {
  const plan = await shared.state.journal.plan(run.id)
  if (plan === undefined || !plan.syncs.some((sync) => sync.name === name && sync.changes.length > 0)) return
  await giveUp({ run, plan }, how, shared, watch)
}

/** Throws where a sync that goes before has not been carried out, or of another plan. */
async function assertBefore({ id, needs }: StageOf<'apply'>, plan: Plan, place: StagePlace): Promise<void> {
  const isApply = (need: string): boolean => place.all.some((stage) => stage.id === need && stage.kind === 'apply')
  const all = place.all.map((stage) => ({ ...stage, needs: stage.needs.filter(isApply) }))
  const inputs = await presentInputs({ id, needs: needs.filter(isApply) }, { ...place, all })
  for (const [before, { inputs: from = {} }] of inputs) {
    if (from['plan'] === plan.digest) continue
    throw new ZdsError('ARTIFACT_MISFIT', `${before} was carried out for another plan than the one that is given`, {
      hint: `Run it with this plan first: zds stage ${before} --run ${place.name} --plan FILE`,
    })
  }
}

/** What became of the changes of an earlier sync, as its stage has left it. */
const earlierIn =
  (artifacts: Artifacts): Earlier =>
  async (sync) => {
    const known = new Map<string, Known>()
    for await (const row of artifacts.read(applyId(sync))) {
      const outcome = row as Outcome // its apply stage wrote it
      known.set(outcome.key, { kind: 'outcome', outcome })
    }
    return known
  }
