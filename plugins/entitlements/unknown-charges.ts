import { nearest, type DesiredNotice } from 'zds'
import type { Context, Draft } from './rule.ts'

type SeenCharge = { accounts: number; ids: string[]; quantity: number }

/** Accounts that a notice names; the rest is counted. */
const NAMED = 3

/**
 * Collects the charge names that no subscription type lists (AMB-03). Memory grows with the number
 * of such names, not of accounts.
 */
export function unknownCharges(context: Context): {
  see(draft: Draft): void
  notices(where: string): Generator<DesiredNotice>
} {
  const seen = new Map<string, SeenCharge>()
  return {
    see({ account, charges }) {
      const quantities = new Map<string, number>()
      for (const { name, quantity } of charges) {
        if (name !== null && context.typeOf.has(name)) continue
        const shown = name ?? '(without a name)'
        quantities.set(shown, (quantities.get(shown) ?? 0) + (quantity ?? 0))
      }
      for (const [name, quantity] of quantities) {
        const entry = seen.get(name) ?? { accounts: 0, ids: [], quantity: 0 }
        seen.set(name, entry)
        entry.accounts += 1
        entry.quantity += quantity
        // The smallest ids, so that the notice does not depend on the order of the accounts.
        entry.ids = [...entry.ids, account.id].toSorted().slice(0, NAMED)
      }
    },
    *notices(where) {
      for (const [name, { accounts, ids, quantity }] of [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const near = nearest(name, context.typeOf.keys())
        const who = `${accounts} account${accounts === 1 ? '' : 's'} (${ids.join(', ')}${accounts > ids.length ? ', …' : ''})`
        const hint = near === undefined ? '' : `; the nearest name there is ${JSON.stringify(near)}`
        // Fractions add up to something else in another order of the accounts.
        const total = Number(quantity.toFixed(6))
        const message = `the charge ${JSON.stringify(name)} is not in ${where} and grants nothing: ${who}, total quantity ${total}${hint}`
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
