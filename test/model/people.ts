import type { Row, World } from 'zds/sandbox'
import type { Change } from './compare.ts'
import type { Account } from './salesforce.ts'
import { folded, textOf } from './values.ts'

/** To whom something was sold (SYN-03). */
export type Person = { readonly email: string; readonly name: string; readonly fate?: string }

/** The addresses of subscriptions that are active today, then the latest sold-to contact; each once. */
export function soldTo({ soldTo: latest }: Account, kept: readonly Row[], today: string): Person[] {
  const active = kept.filter(
    (one) =>
      textOf(one['Zuora__SubscriptionStartDate__c']) <= today && textOf(one['Zuora__SubscriptionEndDate__c']) >= today,
  )
  const contact = folded(latest?.['Email'])
  const emails = new Set([...active.map((one) => folded(one['Sold_To_Email__c'])), contact])
  emails.delete('')
  return [...emails].map((email) => ({
    email,
    name: email === contact ? textOf(latest?.['Name']) : (email.split('@')[0] ?? ''),
  }))
}

/** What becomes of them (SYN-03, SAFE-15): of several new organizations the first one gets somebody. */
export function withFates(changes: readonly Change[], users: World['zendesk'][string]['users']): Change[] {
  const taken = new Set<string>()
  const fateOf = (email: string): string => {
    const user = users.find((one) => folded(one.email) === email)
    if (user !== undefined && (user.role ?? 'end-user') !== 'end-user') return 'user-staff'
    if (taken.has(email) || (user?.organization_id ?? null) !== null) return 'user-stays'
    taken.add(email)
    return user === undefined ? 'user-new' : 'user-joins'
  }
  return changes
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ people = [], ...change }) => ({
      ...change,
      people: people.map((one) => ({ ...one, fate: fateOf(one.email) })),
    }))
}
