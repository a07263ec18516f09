import { ZdsError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { Journal, RunRecord } from '../state/state.ts'
import { isUnfinished } from './history.ts'

// What was looked at before locks were waited for, or a person was asked, is looked at again under
// them.

/**
 * Throws PLAN_STALE where a run has begun with the same plan since it was made: another process,
 * while this one waited for its locks.
 */
export async function assertOnce({ digest, createdAt }: Plan, journal: Journal): Promise<void> {
  const isOf = (run: RunRecord): boolean => run.digest === digest && run.startedAt >= createdAt
  const twin = (await journal.runs()).find((run) => isOf(run) && run.status !== 'abandoned')
  if (twin === undefined) return
  throw new ZdsError('PLAN_STALE', `Run ${twin.id} has begun with this plan since it was made: ${twin.status}`, {
    hint: 'Run the same command again: it tells what became of it, or goes on with the rest.',
  })
}

/** Throws PLAN_STALE where a run has come to its end since somebody found that it had stopped. */
export async function assertLeft(id: string, journal: Journal): Promise<void> {
  const run = await journal.run(id)
  if (run !== undefined && isUnfinished(run)) return
  throw new ZdsError('PLAN_STALE', `Run ${id} was ended by another process meanwhile: ${run?.status ?? 'forgotten'}`, {
    hint: 'Run the same command again: it starts from what is there then.',
  })
}
