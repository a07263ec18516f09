import { messageOf } from '../errors.ts'
import type { PruneResult } from '../state/state.ts'
import type { Report } from './report.ts'
import type { Shared } from './shared.ts'

/** Runs are kept for as many days, where the configuration does not say how many. */
export const KEEP_DAYS = 30

export const DAY_MS = 86_400_000

/** What began later may be a plan that somebody is about to agree to. */
const AGREEING_MS = 3_600_000

/** A plan that has noted no end may be under way for so long; later it is one that was killed. */
const PLANNING_MS = DAY_MS

/** Forgets what is older than so many milliseconds, and not under way. */
export function forget(keepMs: number, { state, clock }: Pick<Shared, 'state' | 'clock'>): Promise<PruneResult> {
  const ago = (ms: number): Date => new Date(clock.now().getTime() - Math.max(keepMs, ms))
  return state.prune(ago(AGREEING_MS), ago(PLANNING_MS))
}

/**
 * After an apply, what is older than the configuration keeps is forgotten: personal data ends by
 * itself.
 */
export async function tidyAfter(
  report: Report,
  { config, state, clock }: Shared,
  watch: { warn(message: string): void },
): Promise<Report> {
  const { keepDays = KEEP_DAYS } = config
  if (keepDays === 0 || report.error !== undefined) return report
  await forget(keepDays * DAY_MS, { state, clock }).catch((error: unknown) =>
    watch.warn(`older runs could not be forgotten (zds prune): ${messageOf(error)}`),
  )
  return report
}
