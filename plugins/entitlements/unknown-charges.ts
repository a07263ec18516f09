import type { DesiredNotice } from 'zds'
import { nearestName } from './near.ts'
import type { Context, Draft } from './rule.ts'
import { tallies, who } from './tally.ts'

/** Collects the charge names that no subscription type lists (AMB-03). */
export function unknownCharges(context: Context): {
  see(draft: Draft): void
  notices(where: string): Generator<DesiredNotice>
} {
  const seen = tallies()
  return {
    see({ account, charges }) {
      const quantities = new Map<string, number>()
      for (const { name, quantity } of charges) {
        if (name !== null && context.typeOf.has(name)) continue
        const shown = name ?? '(without a name)'
        quantities.set(shown, (quantities.get(shown) ?? 0) + (quantity ?? 0))
      }
      for (const [name, quantity] of quantities) seen.add(name, account.id, quantity)
    },
    *notices(where) {
      for (const [name, tally] of seen.sorted()) {
        // Fractions add up to something else in another order of the accounts.
        const total = Number(tally.quantity.toFixed(6)).toLocaleString('en', { maximumFractionDigits: 6 })
        const message = `the charge ${JSON.stringify(name)} is not in ${where} and grants nothing: ${who(tally)}, total quantity ${total}${nearestName(name, context.typeOf.keys())}`
        yield { kind: 'notice', key: name, code: 'unknown-charge', message }
      }
    },
  }
}

/** A charge without an end never counts (AMB-07): one notice for an account that has some. */
export function* chargesWithoutEnd({ account, charges }: Draft): Generator<DesiredNotice> {
  const names = charges.filter(({ end }) => end === null).map(({ name }) => JSON.stringify(name ?? '(without a name)'))
  if (names.length === 0) return
  const message = `charges without an end date never count: ${[...new Set(names)].toSorted().join(', ')}`
  yield { kind: 'notice', key: account.id, code: 'charge-without-end', message }
}
