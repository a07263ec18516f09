import { ZdsError } from '../errors.ts'
import { planBuilder, planParts, type PlanBuilder, type PlanPart } from '../plan/parts.ts'
import type { Plan, SyncPlan } from '../plan/plan.ts'
import type { Artifacts } from '../state/state.ts'
import { ifLeft } from './inputs.ts'

/** Where a run leaves its plan. */
const NAME = 'plan'

export async function leavePlan(plan: Plan, artifacts: Artifacts): Promise<void> {
  await artifacts.write(NAME, planParts(plan))
}

/** The plan that a run has left, or undefined where it came to none. */
export async function planLeft(artifacts: Artifacts): Promise<Plan | undefined> {
  return (await ifLeft(partsLeft(NAME, artifacts)))?.plan()
}

/** The plan of one sync that its compare stage has left. Throws ARTIFACT_MISSING. */
export async function syncPlanLeft(stage: string, artifacts: Artifacts): Promise<SyncPlan> {
  const [plan] = (await partsLeft(stage, artifacts)).syncs()
  if (plan !== undefined) return plan
  throw new ZdsError('ARTIFACT_MISSING', `The artifact ${stage} is empty`, { hint: 'Run its stage again.' })
}

async function partsLeft(name: string, artifacts: Artifacts): Promise<PlanBuilder> {
  const builder = planBuilder()
  for await (const row of artifacts.read(name)) builder.add(row as unknown as PlanPart) // a stage has written it
  return builder
}
