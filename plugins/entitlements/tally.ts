/** What a notice tells of some accounts: how many, the smallest ids, what they come to. */
type Tally = { readonly accounts: number; readonly ids: readonly string[]; readonly quantity: number }

/** Accounts that a notice names; the rest is counted. */
const NAMED = 3

/** Counts accounts by a name. Memory grows with the number of names, not of accounts. */
export function tallies(): {
  add(name: string, id: string, quantity?: number): void
  /** By name, in whatever order the accounts came. */
  sorted(): readonly (readonly [string, Tally])[]
} {
  const seen = new Map<string, Tally>()
  return {
    add(name, id, quantity = 0) {
      const before = seen.get(name) ?? { accounts: 0, ids: [], quantity: 0 }
      const ids = [...before.ids, id].toSorted().slice(0, NAMED)
      seen.set(name, { accounts: before.accounts + 1, ids, quantity: before.quantity + quantity })
    },
    sorted: () => [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  }
}

/** `4 accounts (001…, 002…, 003…, …)`. */
export const who = ({ accounts, ids }: Tally): string =>
  `${accounts.toLocaleString('en')} account${accounts === 1 ? '' : 's'} (${ids.join(', ')}${accounts > ids.length ? ', …' : ''})`
