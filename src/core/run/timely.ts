import { addDays, type Clock } from '../clock.ts'
import { contentHalf } from '../config/fingerprint.ts'
import { syncsOf } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { Journal, RunRecord } from '../state/state.ts'
import type { Shared } from './shared.ts'

/**
 * A plan older than this says too little about today: what it left open is planned anew (SAFE-11).
 */
export const PLAN_MAX_AGE_MS = 24 * 3_600_000

/** So far the clock of another machine may be ahead. */
export const AHEAD_MS = 3_600_000

/**
 * Refuses a plan that was made with another configuration (PLAN_STALE), for another day than the
 * one that the clock of the engine has, a day of grace aside (PLAN_DATE), or too long ago
 * (PLAN_EXPIRED), or not yet (PLAN_INVALID).
 */
export function assertTimely(plan: Plan, shared: Shared, maxAgeMs: number = PLAN_MAX_AGE_MS): void {
  const { clock } = shared
  const anew = 'Make a new one: zds plan --out FILE'
  if (plan.config !== shared.fingerprint) {
    const elsewhere = elsewhereIn(plan, shared).join(', ')
    if (elsewhere === '')
      throw new ZdsError('PLAN_STALE', 'The plan was made with another configuration', { hint: anew })
    throw new ZdsError('PLAN_STALE', `The plan was made for another address of ${elsewhere} than that of now`, {
      hint: 'Give the variables that it was made with (--env FILE), or make a new one: zds plan --out FILE',
    })
  }
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

/** The instances that have another address now, where that is all that is otherwise. */
function elsewhereIn(plan: Plan, { config, fingerprint }: Shared): string[] {
  if (contentHalf(plan.config) !== contentHalf(fingerprint)) return []
  const syncs = syncsOf(config)
  const moved = plan.syncs.filter(({ name, address }) => {
    const now = syncs.get(name)?.target.address()
    return address !== undefined && now !== undefined && address !== now
  })
  return [...new Set(moved.map(({ instance }) => instance))]
}

/**
 * How long ago something was, in milliseconds. What lies ahead was told by a clock that was wrong
 * by at least as much.
 */
export const ageOf = (moment: string, clock: Clock): number => Math.abs(clock.now().getTime() - Date.parse(moment))

/** Whether a plan is for the day `today`, a day of grace aside: a night may lie between plan and apply. */
export const isOfDay = ({ asOf }: Pick<Plan, 'asOf'>, today: string): boolean =>
  asOf >= addDays(today, -1) && asOf <= addDays(today, 1)

/**
 * The runs that have begun with a plan, or with one that does the same since it was made, the last
 * first. The clock that made it may be ahead of the one that a run began by.
 */
export async function runsOf({ digest, createdAt }: Plan, journal: Journal): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = []
  for (const run of await journal.runs()) {
    if (run.digest !== digest) continue
    if (run.startedAt >= createdAt || (await journal.plan(run.id))?.createdAt === createdAt) found.push(run)
  }
  return found
}

/** The run that has carried out this plan since it was made, or undefined. */
export async function carriedOut(plan: Plan, { state }: Pick<Shared, 'state'>): Promise<RunRecord | undefined> {
  return (await runsOf(plan, state.journal)).find(({ status }) => status === 'done')
}
