import { stages } from '../config/stages.ts'
import type { Lent, Task, TaskEnd } from '../config/executor.ts'
import { ZdsError } from '../errors.ts'
import { OPS, type Plan } from '../plan/plan.ts'
import type { Artifacts, State } from '../state/state.ts'
import { leaveFailure } from './elsewhere.ts'
import { checkReady, partsToWrite } from './gather.ts'
import { locked, whileHeld } from './held.ts'
import { runNamed } from './history.ts'
import type { Shared, StageOf } from './shared.ts'
import { UNWATCHED } from './shared.ts'
import { stageOutcomes } from './stage-outcomes.ts'
import { readStage, stageNamed } from './stage-run.ts'

/** So many changes are carried out before another worker may go on with the rest. */
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
    await readStage(stage, place, task.asOf, shared, NOBODY)
    return 'done'
  } catch (error) {
    signal.throwIfAborted()
    await leaveFailure(task.stage, error, artifacts)
    return 'failed'
  }
}

const NOBODY = {
  scheduled: () => undefined,
  started: () => undefined,
  progress: () => undefined,
  rows: () => undefined,
  ended: () => undefined,
  warn: () => undefined,
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
  const { whole, more } = someOf(plan, stage.name, part)
  const [sync] = whole.syncs
  if (sync === undefined || sync.changes.length === 0) return 'done'
  await checkReady(shared, NOBODY, partsToWrite([stage.sync]))
  await locked(whole, run, LOCK_MS, shared, async (hold, held) => {
    const here = { ...held, clock: whileHeld(held.clock, hold) }
    for await (const _ of stageOutcomes(stage, sync, { run }, here, UNWATCHED));
  })
  return more ? 'more' : 'done'
}

/** The changes of a sync that make one part of it: creates first, as where all are carried out at once (SYN-01). */
function someOf(plan: Plan, name: string, part: number): { readonly whole: Plan; readonly more: boolean } {
  const syncs = plan.syncs
    .filter((sync) => sync.name === name)
    .map((sync) => {
      const ordered = OPS.flatMap((op) => sync.changes.filter((change) => change.op === op))
      return { ...sync, changes: ordered.slice(part * CHANGES, (part + 1) * CHANGES) }
    })
  const all = plan.syncs.find((sync) => sync.name === name)?.changes.length ?? 0
  return { whole: { ...plan, syncs }, more: all > (part + 1) * CHANGES }
}
