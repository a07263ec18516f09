import { addDays, type ExplainedCharge } from 'zds'
import type { Charge } from '../account.ts'
import { GRACE_DAYS } from '../dates.ts'
import { nearestName } from '../near.ts'
import type { Context, Draft } from '../rule.ts'
import { counts, typeOf } from '../rules.ts'

/** Every charge of the subscriptions that belong to the instance: what it grants, or why not. */
export function chargesOf({ charges }: Draft, context: Context, catalogue: string): ExplainedCharge[] {
  return charges.map((charge) => {
    const type = typeOf(charge, context) ?? null
    const grants = type !== null && counts(charge, context)
    return { ...charge, type, grants, why: type === null ? unknown(charge, context, catalogue) : why(charge, context) }
  })
}

function unknown({ name }: Charge, { typeOf: types }: Context, catalogue: string): string {
  const hint = name === null ? '' : nearestName(name, types.keys())
  return `its name is not in ${catalogue}, so it grants nothing${hint} (AMB-03)`
}

/** Why a charge with a known name counts on the day, or does not (PROC-17, AMB-07). */
function why({ start, end }: Charge, { today, graceStart }: Context): string {
  if (end === null) return 'it has no end date, so it never counts (AMB-07)'
  if (start !== null && start > today) return `it begins on ${start} (PROC-17)`
  if (end < graceStart) return `it ended on ${end}, and its ${GRACE_DAYS} days of grace on ${graceEnd(end)} (PROC-17)`
  return end < today
    ? `it ended on ${end} and counts until ${graceEnd(end)}, the last of its ${GRACE_DAYS} days of grace (PROC-17)`
    : `it runs until ${end} (PROC-17)`
}

/** The last day on which a charge that ends on `end` counts. */
export const graceEnd = (end: string): string => addDays(end, GRACE_DAYS)
