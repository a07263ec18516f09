import { ZdsError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { Journal } from '../state/state.ts'
import { isUnfinished } from './history.ts'
import { isRunOf } from './timely.ts'

// What was looked at before locks were waited for, or a person was asked, is looked at again under
// them.

/**
 * Throws PLAN_STALE where a run has begun with the same plan since it was made: another process,
 * while this one waited for its locks, or one that was given up after it had sent something, which
 * would be sent twice.
 */
export async function assertOnce(plan: Plan, journal: Journal): Promise<void> {
  const twins = (await journal.runs()).filter((run) => isRunOf(plan, run))
  for (const { id, status } of twins) {
    if (status !== 'abandoned')
      throw new ZdsError('PLAN_STALE', `Run ${id} has begun with this plan since it was made: ${status}`, {
        hint: 'Run the same command again: it tells what became of it, or goes on with the rest.',
      })
    const known = await Promise.all(plan.syncs.map(({ name }) => journal.known(id, name)))
    const sent = known.reduce((sum, { size }) => sum + size, 0)
    if (sent > 0)
      throw new ZdsError('PLAN_STALE', `Run ${id} has given this plan up, with ${sent} of its changes sent`, {
        hint: 'Make a new one, which has the rest: zds plan --out FILE (of single stages: zds stage plan, from what is gathered anew).',
      })
  }
}

/** Throws PLAN_STALE where a run has come to its end since somebody found that it had stopped. */
export async function assertLeft(id: string, journal: Journal): Promise<void> {
  const run = await journal.run(id)
  if (run !== undefined && isUnfinished(run)) return
  throw new ZdsError('PLAN_STALE', `Run ${id} was ended by another process meanwhile: ${run?.status ?? 'forgotten'}`, {
    hint: 'Run the same command again: it starts from what is there then.',
  })
}
