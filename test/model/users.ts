import type { Row, World } from 'zds/sandbox'
import { written, type Change, type Expected, type Skip } from './compare.ts'
import { idOf, lostCase } from './ids.ts'
import { folded, textOf } from './values.ts'

type Instance = World['zendesk'][string]

/** A contact of an account: its rows joined (CTC-01). */
type Contact = { readonly account: string; readonly name: string; readonly email: string }

/** Whose users nobody touches (USR-02). */
const isProtected = (email: string): boolean => email.endsWith('@gitlab.com')

/** Section 10, after the organizations of the instance: what is created there has its users in the same run (SAFE-08). */
export function usersAfter(
  { organizations, users }: Instance,
  organizationsSaid: Expected,
  tables: World['salesforce'],
  accounts: readonly string[],
): Expected {
  const sync = 'us-gov-users'
  const changes: Change[] = []
  const skips: Skip[] = []
  const withKey = (key: string) => organizations.filter((one) => idOf(written(one)) === key)
  const created = organizationsSaid.changes.filter(({ op }) => op === 'create').map(({ key }) => key)
  /** Would be created, if no other had its name or external id. */
  const held = organizationsSaid.skips
    .filter(({ reason, id }) => id === undefined && reason !== 'expired-not-created')
    .map(({ key }) => key)

  /** Nobody knows of which account it is, or another one with that id (SAFE-10). */
  const isUnknown = (id: string): boolean => {
    const key = idOf(id)
    return key === undefined || withKey(key).some((one) => lostCase(written(one), accounts))
  }

  // CTC-01..05, AMB-21: of contacts with one address the first by account and name counts.
  const asked = new Set([...organizations.map((one) => idOf(written(one))), ...created, ...held])
  const all = contactsOf(tables).filter(({ account }) => asked.has(account))
  // One whose account has no organization does not count beside one whose account has (CTC-01).
  const isPlaced = ({ account }: Contact): boolean => withKey(account).length > 0 || created.includes(account)
  const contacts = [...all.filter(isPlaced), ...all.filter((contact) => !isPlaced(contact))]
  const first = new Map<string, Contact>()
  for (const contact of contacts) {
    const email = folded(contact.email)
    if (first.has(email)) skips.push({ sync, reason: 'duplicate-email', key: email })
    else first.set(email, contact)
  }

  /** What becomes of nobody for want of contacts (SAFE-02). */
  let desired = 0
  for (const [email, { account, name }] of first) {
    const user = users.find((one) => folded(one.email) === email)
    const [home, twin] = withKey(account)
    // Held, or one of two (AMB-16, AMB-20): nobody new comes, who is there stays there.
    const organization =
      twin === undefined ? (home?.id ?? (created.includes(account) ? `new ${account}` : undefined)) : undefined
    const skip = (reason: string): unknown =>
      skips.push({ sync, reason, key: email, ...(user?.id !== undefined && { id: user.id }) })
    if (isProtected(email)) {
      skip('protected')
      continue
    }
    if (user === undefined && organization === undefined) {
      skip('no-organization')
      continue
    }
    desired += 1
    if (user === undefined) {
      changes.push({ sync, op: 'create', key: email, to: { email, name, organization_id: organization } })
      continue
    }
    if ((user.role ?? 'end-user') !== 'end-user') {
      skip('not-owned') // USR-06
      continue
    }
    const to: { [field: string]: unknown } = {}
    if (user.name !== name) to['name'] = name
    if (organization !== undefined && user.organization_id !== organization) to['organization_id'] = organization
    if (user.user_fields?.['not_in_sfdc'] === true) to['not_in_sfdc'] = false // AMB-24
    if (Object.keys(to).length > 0) changes.push({ sync, op: 'update', key: email, id: user.id ?? 0, to })
  }

  for (const user of users) {
    const email = folded(user.email)
    const id = user.id ?? 0
    const skip = (reason: string): unknown => skips.push({ sync, reason, key: email, id })
    if (first.has(email)) continue
    const home = organizations.find((one) => one.id === user.organization_id)
    const place = home === undefined ? '' : written(home).trim()
    if (email === '') skip('no-key')
    else if ((user.role ?? 'end-user') !== 'end-user') skip('not-owned')
    else if (user.user_fields?.['not_in_sfdc'] === true) continue
    else if (isProtected(email)) skip('protected')
    // SAFE-10: no contact can speak for a user of whose account nobody knows.
    else if (place !== '' && isUnknown(place)) skip('organization-unknown')
    else if (desired === 0) skip('incomplete-listing') // SAFE-02
    else changes.push({ sync, op: 'retire', key: email, id, reason: 'gone', to: { not_in_sfdc: true } })
  }
  return { changes, skips }
}

/** Active contacts with the role Gitlab Admin, a name and an address, by account and name. */
function contactsOf(tables: World['salesforce']): Contact[] {
  const accountOf = (row: Row) => tables['Account']?.find(({ Id }) => Id === row['AccountId'])
  return (tables['Contact'] ?? [])
    .filter(
      (row) =>
        row['Inactive_Contact__c'] === false &&
        textOf(row['Role__c']).split(';').includes('Gitlab Admin') &&
        textOf(row['Name']) !== '' &&
        textOf(row['Email']) !== '',
    )
    .map((row) => ({
      account: textOf(accountOf(row)?.['Account_ID_18__c']),
      name: textOf(row['Name']),
      email: textOf(row['Email']),
    }))
    .toSorted((one, other) => (one.account + one.name < other.account + other.name ? -1 : 1))
}
