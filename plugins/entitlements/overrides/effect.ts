import { canonical, type Desired, type Fields } from 'zds'
import { derive, type Context, type Draft } from '../rule.ts'
import { rules } from '../rules.ts'

/**
 * Tells of each value of an override without which the record would be the same (OVR-04): it says
 * what is so anyway, or a later rule says otherwise.
 */
export function* withoutEffect(
  draft: Draft,
  context: Context,
  recordOf: (draft: Draft) => Fields,
): Generator<Extract<Desired, { kind: 'notice' }>> {
  const { account, absent } = draft
  const amendments = context.amendments.get(account.id) ?? []
  if (absent === 'no-subscription') return // Told as an override without an account.
  const outcomeOf = (made: Draft): string => made.absent ?? canonical(recordOf(made))
  for (const amendment of amendments) {
    const others = new Map([[account.id, amendments.filter((other) => other !== amendment)]])
    const without = derive(account, rules, { ...context, amendments: others })
    if (outcomeOf(without) !== outcomeOf(draft)) continue
    const { where, field, instead } = amendment
    const why = instead === undefined ? 'the record would be the same without it' : 'it is computed after the overrides'
    const message = `the override at ${where} sets ${field}, but ${why}${instead === undefined ? '' : `. ${instead}`}`
    yield { kind: 'notice', key: account.id, code: 'override-without-effect', message }
  }
}
