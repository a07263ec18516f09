import { foldAddress } from 'zds'
import type { Subscription } from './account.ts'
import type { Draft, Person } from './rule.ts'

/**
 * Whom the subscriptions of `draft` that run on the day `today` were sold to, then the latest
 * sold-to contact; addresses folded, each once (SYN-03).
 */
export function soldTos({ account: { soldTo }, subscriptions }: Draft, today: string): readonly Person[] {
  // Sorted, so that the order of the rows does not matter.
  const running = subscriptions.filter(runsOn(today)).map((subscription) => address(subscription.soldTo))
  const latest = address(soldTo.email)
  const addresses = new Set([...running.toSorted(), latest].filter((email) => email !== ''))
  return [...addresses].map((email) => ({ email, name: (email === latest && soldTo.name?.trim()) || beforeAt(email) }))
}

const runsOn =
  (today: string) =>
  ({ start, end }: Subscription): boolean =>
    (start === null || start <= today) && end !== null && end >= today

const address = (email: string | null): string => foldAddress(email ?? '')

const beforeAt = (email: string): string => email.split('@')[0] || email
