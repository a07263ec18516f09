import { stages } from '../config/stages.ts'
import type { Lent, Task, TaskEnd } from '../config/executor.ts'
import { ZdsError } from '../errors.ts'
import { filtered, packed } from '../many.ts'
import { OPS, type Change, type Plan } from '../plan/plan.ts'
import type { Artifacts, State } from '../state/state.ts'
import { leaveFailure } from './elsewhere.ts'
import { checkReady, partsToWrite } from './gather.ts'
import { locked, whileHeld } from './held.ts'
import { runNamed } from './history.ts'
import { UNWATCHED, UNWATCHED_STAGE } from './schedule.ts'
import type { Shared, StageOf } from './shared.ts'
import { stageOutcomes } from './stage-outcomes.ts'
import { readStage, stageNamed } from './stage-run.ts'

/** So many changes make a part: another worker may go on with the next. */
const CHANGES = 2_000

/** How long a lock of a process is waited for that may be gone: longer than its lease. */
const LOCK_MS = 60_000

/**
 * Carries out a part of a stage that was asked for: all of one that reads, some changes of one that
 * applies. Why it failed is left for whoever asked.
 */
export async function stagePart(
  task: Task,
  part: number,
  { signal, assert }: Lent,
  given: Shared,
): Promise<TaskEnd | 'more'> {
  const state = whileLent(given.state, assert)
  const shared = { ...given, state, signal, clock: { ...given.clock, today: task.asOf } }
  const artifacts = state.artifacts(task.run)
  const place = { name: task.run, artifacts, all: stages(shared.config) }
  try {
    const stage = stageNamed(task.stage, place)
    if (stage.kind === 'apply') return await applyPart(stage, task.run, part, shared)
    await readStage(stage, place, task.asOf, shared, UNWATCHED)
    return 'done'
  } catch (error) {
    signal.throwIfAborted()
    await leaveFailure(task.stage, error, artifacts)
    return 'failed'
  }
}

/** A process that others took for dead leaves nothing in the place of what they have left. */
function whileLent(state: State, assert: () => void): State {
  const over = (artifacts: Artifacts): Artifacts => ({
    ...artifacts,
    write: (name, rows, summarise = (count) => ({ rows: count, complete: true })) =>
      artifacts.write(name, rows, (count, digest) => {
        const summary = summarise(count, digest)
        assert()
        return summary
      }),
  })
  return { ...state, artifacts: (run) => over(state.artifacts(run)) }
}

/**
 * Carries out some changes of one sync of a run that was begun, under the lock of its address. What
 * was done is in the journal: again, nothing of it is sent twice.
 */
async function applyPart(
  stage: StageOf<'apply'>,
  run: string,
  part: number,
  shared: Shared,
): Promise<TaskEnd | 'more'> {
  const { run: begun, plan } = await runNamed(shared.state.journal, run)
  if (begun.status !== 'running')
    throw new ZdsError('PLAN_STALE', `Run ${run} is not under way any more: ${begun.status}`, {
      hint: 'Make a new plan: zds plan',
    })
  const { whole, more } = someOf(plan, stage, part)
  const [sync] = whole.syncs
  if (sync === undefined || sync.changes.length === 0) return 'done'
  await checkReady(shared, UNWATCHED, partsToWrite([stage.sync]))
  await locked(whole, run, LOCK_MS, shared, async (hold, held) => {
    const here = { ...held, clock: whileHeld(held.clock, hold) }
    for await (const _ of stageOutcomes(stage, sync, { run }, here, UNWATCHED_STAGE));
  })
  return more ? 'more' : 'done'
}

/**
 * The changes of a sync that make one part of it, and whether others follow: what takes a name, or
 * sets one free, is carried out together, as where all is (SYN-01, AMB-20); the rest after it in
 * parts.
 */
function someOf(
  plan: Plan,
  { name, sync: { rules } }: StageOf<'apply'>,
  part: number,
): { readonly whole: Plan; readonly more: boolean } {
  const syncs = plan.syncs.filter((one) => one.name === name)
  const changes = syncs[0]?.changes ?? []
  const fields = [...(rules.unique === undefined ? [] : [rules.unique]), ...(rules.adopt ?? [])]
  const isNamed = (change: Change): boolean => change.op === 'create' || fields.some((field) => field in change.fields)
  const named = filtered(changes, isNamed)
  const first = named.length > 0 ? 1 : 0
  const begin = (part - first) * CHANGES
  const rest = OPS.values().flatMap((op) => changes.values().filter((one) => one.op === op && !isNamed(one)))
  const chosen = part < first ? named : packed(rest.drop(begin).take(CHANGES))
  return {
    whole: { ...plan, syncs: syncs.map((one) => ({ ...one, changes: chosen })) },
    more: begin + CHANGES < changes.length - named.length,
  }
}
