import type { ExplainedSubscription } from 'zds'
import type { Subscription } from '../account.ts'
import type { Context, Draft } from '../rule.ts'
import { govTypesFor, typeOf } from '../rules.ts'

/** Which subscription went to which side, and by which charge (PROC-15, AMB-06). */
export function split({ account, subscriptions }: Draft, context: Context): ExplainedSubscription[] {
  return account.subscriptions.map((one) => {
    const kept = subscriptions.includes(one)
    return { id: one.id, start: one.start, end: one.end, kept, because: because(one, account.exception, context) }
  })
}

function because({ charges }: Subscription, exception: boolean, context: Context): string {
  const types = govTypesFor(exception, context)
  const deciding = charges.find((charge) => types.has(typeOf(charge, context) ?? ''))
  const whose = exception ? 'an account with the exception' : 'an account without the exception'
  return deciding === undefined
    ? `no charge of it puts ${whose} into US Government, so it belongs to Global`
    : `${JSON.stringify(deciding.name)} puts ${whose} into US Government`
}
