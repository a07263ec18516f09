import { ZdsError, type Code } from '../core/errors.ts'
import type { Report } from '../core/run/report.ts'

/**
 * What each exit code means: the one table that the help, README.md and docs/errors.md are held to.
 */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done, or nothing to do'],
  [1, 'an error; an apply reports what it has done until then'],
  [2, 'changes are pending (--detailed-exitcode)'],
  [3, 'refused by a limit; nothing was changed'],
  [4, 'some changes failed or were held back; the others are done'],
  [5, 'the plan, or a record in it, is stale; the other records are done'],
  [130, 'interrupted'],
]

const OF_ERRORS: { readonly [code in Code]?: number } = {
  LIMIT_EXCEEDED: 3,
  PLAN_STALE: 5,
  PLAN_DATE: 5,
  PLAN_EXPIRED: 5,
  INTERRUPTED: 130,
}

export function exitCodeOf(error: unknown): number {
  return error instanceof ZdsError ? (OF_ERRORS[error.code] ?? 1) : 1
}

/**
 * A run that ended before its end has the code of its error; else failures go before what was
 * stale.
 */
export function exitCodeOfReport({ error, syncs }: Report): number {
  if (error !== undefined) return exitCodeOf(error)
  const some = (has: (sync: Report['syncs'][number]) => number): boolean => syncs.some((sync) => has(sync) > 0)
  if (
    some(({ failed, notAttempted, unknown, partly, heldBack }) => failed + notAttempted + unknown + partly + heldBack)
  )
    return 4
  return some(({ stale }) => stale) ? 5 : 0
}
