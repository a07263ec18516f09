import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Report } from './report.ts'
import type { Shared } from './shared.ts'

/** Runs are kept for as many days, where the configuration does not say how many. */
export const KEEP_DAYS = 30

export const DAY_MS = 86_400_000

/** What began later may be a plan that is being made, of which nothing but its artifacts is known. */
const UNDER_WAY_MS = 3_600_000

/** What began before this moment is forgotten, where so many milliseconds of it are to be kept. */
export const forgottenBefore = (clock: Clock, keepMs: number): Date =>
  new Date(clock.now().getTime() - Math.max(keepMs, UNDER_WAY_MS))

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
  await state
    .prune(forgottenBefore(clock, keepDays * DAY_MS))
    .catch((error: unknown) => watch.warn(`older runs could not be forgotten (zds prune): ${messageOf(error)}`))
  return report
}
