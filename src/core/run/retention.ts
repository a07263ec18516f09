import { messageOf } from '../errors.ts'
import type { Report } from './report.ts'
import type { Shared } from './shared.ts'

/** Runs are kept for as many days, where the configuration does not say how many. */
export const KEEP_DAYS = 30

export const DAY_MS = 86_400_000

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
    .prune(new Date(clock.now().getTime() - keepDays * DAY_MS))
    .catch((error: unknown) => watch.warn(`older runs could not be forgotten (zds prune): ${messageOf(error)}`))
  return report
}
