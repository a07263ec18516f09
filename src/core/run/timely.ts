import { addDays, type Clock } from '../clock.ts'
import { ZdsError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { RunRecord } from '../state/state.ts'
import type { Shared } from './shared.ts'

/**
 * A plan older than this says too little about today: what it left open is planned anew (SAFE-11).
 */
export const PLAN_MAX_AGE_MS = 24 * 3_600_000

/** So far the clock of another machine may be ahead. */
const AHEAD_MS = 3_600_000

/**
 * Refuses a plan that was made with another configuration (PLAN_STALE), for another day than the
 * one that the clock of the engine has, a day of grace aside (PLAN_DATE), or too long ago
 * (PLAN_EXPIRED), or not yet (PLAN_INVALID).
 */
export function assertTimely(plan: Plan, { fingerprint, clock }: Shared, maxAgeMs: number = PLAN_MAX_AGE_MS): void {
  const anew = 'Make a new one: zds plan --out FILE'
  if (plan.config !== fingerprint)
    throw new ZdsError('PLAN_STALE', 'The plan was made with another configuration', { hint: anew })
  if (!isOfDay(plan, clock.today)) {
    throw new ZdsError('PLAN_DATE', `The plan is as of ${plan.asOf}, and today is ${clock.today} (UTC)`, {
      hint: `${anew}. If that day is meant, the same command with: --as-of ${plan.asOf}`,
    })
  }
  const age = clock.now().getTime() - Date.parse(plan.createdAt)
  if (age < -AHEAD_MS)
    throw new ZdsError('PLAN_INVALID', `The plan says that it was made at ${plan.createdAt}, which is yet to come`, {
      hint: `${anew}, and look at the clocks of both machines`,
    })
  if (!(age <= maxAgeMs)) {
    const message = `The plan was made at ${plan.createdAt}, more than ${Math.round(maxAgeMs / 3_600_000)} hours ago`
    throw new ZdsError('PLAN_EXPIRED', message, { hint: anew })
  }
}

/**
 * How long ago something was, in milliseconds. What lies ahead was told by a clock that was wrong
 * by at least as much.
 */
export const ageOf = (moment: string, clock: Clock): number => Math.abs(clock.now().getTime() - Date.parse(moment))

/** Whether a plan is for the day `today`, a day of grace aside: a night may lie between plan and apply. */
export const isOfDay = ({ asOf }: Pick<Plan, 'asOf'>, today: string): boolean =>
  asOf >= addDays(today, -1) && asOf <= addDays(today, 1)

/** Whether a run has begun with a plan since that was made. */
export const isRunOf = ({ digest, createdAt }: Plan, run: RunRecord): boolean =>
  run.digest === digest && run.startedAt >= createdAt

/** The run that has carried out this plan since it was made, or undefined. */
export async function carriedOut(plan: Plan, { state }: Shared): Promise<RunRecord | undefined> {
  const runs = await state.journal.runs()
  return runs.find((run) => run.status === 'done' && isRunOf(plan, run))
}
