import { ZdsError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Change, Plan, SyncPlan } from '../plan/plan.ts'
import type { Artifacts } from '../state/state.ts'

/** Where a run leaves its plan, in parts: each change is a row of its own. */
const NAME = 'plan'

type Head = Omit<Plan, 'syncs'>
type PlanPart = Head | Omit<SyncPlan, 'changes'> | Change

export async function leavePlan(plan: Plan, artifacts: Artifacts): Promise<void> {
  await artifacts.write(NAME, partsOf(plan))
}

function* partsOf({ syncs, ...head }: Plan): Iterable<PlanPart> {
  yield head
  for (const { changes, ...sync } of syncs) {
    yield sync
    yield* changes
  }
}

/** The plan that a run has left, or undefined where it came to none. */
export async function planLeft(artifacts: Artifacts): Promise<Plan | undefined> {
  let head: Head | undefined
  const syncs: (Omit<SyncPlan, 'changes'> & { changes: Change[] })[] = []
  try {
    for await (const row of artifacts.read(NAME)) {
      const part = partIn(row)
      if ('op' in part) syncs.at(-1)?.changes.push(part)
      else if ('digest' in part) head = part
      else syncs.push({ ...part, changes: [] })
    }
  } catch (error) {
    if (error instanceof ZdsError && error.code === 'ARTIFACT_MISSING') return undefined
    throw error
  }
  return head && { ...head, syncs }
}

const partIn = (row: Json): PlanPart => row as unknown as PlanPart // it was written above
