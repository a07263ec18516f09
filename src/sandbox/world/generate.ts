import { textOf } from '../json.ts'
import { makeId } from '../salesforce/ids.ts'
import type { FieldValues, Organization, Row, Seed, User, World } from '../types.ts'
import { createAccount, staffId, staffSize, type Account, type Person } from './accounts.ts'
import { organizationFields, userFields } from './fields.ts'
import { personName } from './names.ts'
import { customerFields, datesOf, partnerFields, type InstanceName } from './organizations.ts'
import { createRandom } from './random.ts'

export type GenerateOptions = {
  /** How many Salesforce accounts (default 500). */
  readonly accounts?: number
  /** Another seed, other data (default 1). */
  readonly seed?: number
  /** The date that subscriptions are current or expired at, `YYYY-MM-DD` (default today). */
  readonly asOf?: string
}

/** An instance as it grows: `seen` counts the accounts of it, `people` their contacts. */
type Draft = { organizations: Seed<Organization>[]; users: Seed<User>[]; nextId: number; seen: number; people: number }

/**
 * A world, the same for the same options: most organizations are in step with their accounts, one
 * in eight has another owner, a few others drifted, some accounts are new, some are gone.
 */
export function generateWorld(options: GenerateOptions = {}): World {
  const { accounts: count = 500, seed = 1, asOf = new Date().toISOString().slice(0, 10) } = options
  const dates = datesOf(asOf)
  const accounts = Array.from({ length: count }, (_, n) => createAccount(n, seed, asOf))
  const allianceId = accounts.find((account) => account.kind === 'partner')?.id ?? null
  const protectedId = makeId('001', 59_000_000)
  const staff = new Map(
    Array.from({ length: staffSize }, (_, n) => [staffId(n + 1), personName(createRandom(seed, -1, n))]),
  )
  const staffName = (id: unknown): string | null => (typeof id === 'string' ? (staff.get(id) ?? null) : null)

  const global = startInstance(46_000_000_000_000, seed, protectedId)
  const usGov = startInstance(47_000_000_000_000, seed, protectedId)
  const partners = { seen: 0 }
  for (const account of accounts) {
    const partner = partnerFields(account, allianceId ?? '', staffName)
    if (partner !== undefined) addOrganization(global, partners, account, partner, seed)
    const fields = customerFields(account, 'global', dates, staffName)
    if (fields !== undefined) addOrganization(global, global, account, fields, seed)
    else if (account.kind === 'long-gone' && account.n % 400 === 98)
      addOrganization(global, global, account, longGone(account), seed)
    const government = customerFields(account, 'us_gov', dates, staffName)
    if (government !== undefined) addOrganization(usGov, usGov, account, government, seed)
  }

  return {
    asOf,
    salesforce: {
      Account: accounts.map((account) => account.row),
      User: [...staff].map(([Id, Name]) => ({ Id, Name })),
      Contact: accounts.flatMap(contactRows),
      ...billingRows(accounts, asOf),
    },
    zendesk: { global: finish(global, 'global'), us_gov: finish(usGov, 'us_gov') },
    allianceAccountId: allianceId,
    protectedIds: [protectedId],
  }
}

/**
 * An instance with its agents and two organizations that no sync may touch: the owner's own, and
 * one made by hand.
 */
function startInstance(firstId: number, seed: number, protectedId: string): Draft {
  const draft: Draft = { organizations: [], users: [], nextId: firstId, seen: 0, people: 0 }
  for (let n = 0; n < 5; n++) {
    const name = personName(createRandom(seed, firstId, n))
    draft.users.push({
      ...stamp(draft),
      name,
      email: `agent.${n + 1}@support.example`,
      role: n === 0 ? 'admin' : 'agent',
      verified: true,
    })
  }
  const own = { salesforce_id: protectedId, account_type: 'customer', support_level: 'ultimate' }
  draft.organizations.push({
    ...stamp(draft),
    name: 'GitLab',
    tags: ['customer', 'ultimate'],
    organization_fields: own,
  })
  draft.organizations.push({ ...stamp(draft), name: 'Made by hand', notes: 'Belongs to no sync.', tags: ['handmade'] })
  return draft
}

/**
 * Adds the organization of an account, in step or drifted by its place in the group, so that shares
 * hold for any size.
 */
function addOrganization(
  draft: Draft,
  group: { seen: number },
  account: Account,
  fields: FieldValues,
  seed: number,
): void {
  const place = group.seen
  group.seen += 1
  const expired = fields['support_level'] === 'expired'
  // One account in forty is new; an expired one never gets an organization, so it would stay
  // without.
  if (place % 40 === 11 && !expired) return
  const random = createRandom(seed, account.n, 7)
  const values = { ...fields }
  if (place % 8 === 3) values['account_owner'] = personName(random)
  if (place % 50 === 7) values['technical_account_manager'] = personName(random)
  if (place % 60 === 21 && 'aar' in values) values['aar'] = 0
  // The account behind this organization is gone from Salesforce.
  if (place % 90 === 50) {
    const id = makeId('001', 50_000_000 + account.n)
    draft.organizations.push({
      ...organization(draft, account, { ...fields, salesforce_id: id, sfdc_short_id: id.slice(0, 15) }),
      name: `Formerly ${textOf(account.row['Name'])}`,
      external_id: id,
    })
  }
  const record = organization(draft, account, values)
  draft.organizations.push(record)
  addUsers(draft, account, record.id ?? 0)
}

function organization(draft: Draft, account: Account, values: FieldValues): Seed<Organization> {
  const byHand = account.n % 10 === 4
  return {
    ...stamp(draft),
    name: textOf(account.row['Name']),
    external_id: account.n % 5 === 2 ? null : account.id,
    domain_names: account.n % 3 === 0 ? [`company-${account.n}.example`] : [],
    notes: byHand ? 'Calls on Mondays only.' : null,
    tags: [...(byHand ? ['vip'] : []), ...tagsOf(values)],
    organization_fields: values,
  }
}

/** Public bodies have their contacts as users, but for a few; of companies a third has one user. */
function addUsers(draft: Draft, account: Account, organizationId: number): void {
  if (account.kind !== 'government') {
    const [person] = account.contacts
    if (person !== undefined && account.n % 3 === 0) draft.users.push(user(draft, person, organizationId, person.name))
    return
  }
  for (const person of account.contacts) {
    const place = draft.people
    draft.people += 1
    if (place % 12 !== 5)
      draft.users.push(user(draft, person, organizationId, place % 20 === 9 ? `${person.name} (old)` : person.name))
    if (place % 40 === 25) {
      const gone: Person = { id: '', name: 'Left Last Year', email: `left.${account.n}@agency.example`, role: null }
      draft.users.push(user(draft, gone, organizationId, gone.name))
    }
  }
}

function user(draft: Draft, person: Person, organizationId: number, name: string): Seed<User> {
  return {
    ...stamp(draft),
    name,
    email: person.email,
    organization_id: organizationId,
    role: 'end-user',
    verified: true,
    user_fields: { not_in_sfdc: false },
  }
}

function stamp(draft: Draft): { id: number; created_at: string; updated_at: string } {
  draft.nextId += 1
  return { id: draft.nextId, created_at: '2023-02-01T08:00:00Z', updated_at: '2025-10-01T08:00:00Z' }
}

/** What an organization was left with whose account ended more than three years ago. */
function longGone(account: Account): FieldValues {
  return {
    salesforce_id: account.id,
    sfdc_short_id: account.id.slice(0, 15),
    account_type: 'former_customer',
    support_level: 'expired',
    expiration_date: account.subscriptions[0]?.end ?? null,
    aar: 0,
  }
}

/** A dropdown adds its value as a tag, a checkbox its key. */
function tagsOf(values: FieldValues): string[] {
  const dropdowns = ['account_type', 'support_level', 'org_region'].flatMap((key) =>
    typeof values[key] === 'string' ? [values[key]] : [],
  )
  return [...dropdowns, ...Object.keys(values).filter((key) => values[key] === true)]
}

function finish(draft: Draft, name: InstanceName): World['zendesk'][string] {
  return {
    organizations: draft.organizations,
    users: draft.users,
    // Whoever asks for a world may change its fields.
    ...structuredClone({ organization_fields: organizationFields[name], user_fields: userFields }),
  }
}

function contactRows(account: Account): Row[] {
  return account.contacts.map((person) => ({
    Id: person.id,
    Name: person.name,
    Email: person.email,
    AccountId: account.id,
    Inactive_Contact__c: false,
    Role__c: person.role,
  }))
}

function billingRows(accounts: readonly Account[], asOf: string): { [object: string]: Row[] } {
  const subscriptions: Row[] = []
  const charges: Row[] = []
  for (const account of accounts) {
    for (const item of account.subscriptions) {
      const id = makeId('a0S', 30_000_000 + subscriptions.length)
      const status = item.cancelled ? 'Cancelled' : item.end < asOf ? 'Expired' : 'Active'
      subscriptions.push({
        Id: id,
        Name: `A-S${String(subscriptions.length + 1).padStart(8, '0')}`,
        Subscription_ID_18__c: id,
        Zuora__Account__c: account.id,
        Zuora__Status__c: status,
        Zuora__SubscriptionStartDate__c: item.start,
        Zuora__SubscriptionEndDate__c: item.end,
        Sold_To_Email__c: account.n % 2 === 0 ? (account.soldTo?.email ?? null) : null,
      })
      for (const { product, quantity } of item.charges) {
        charges.push({
          Id: makeId('a0C', 70_000_000 + charges.length),
          Name: `C-${String(charges.length + 1).padStart(8, '0')}`,
          Zuora__Account__c: account.id,
          Zuora__Subscription__c: id,
          Zuora__SubscriptionRatePlanChargeName__c: product.name,
          Zuora__EffectiveStartDate__c: item.start,
          Zuora__EffectiveEndDate__c: item.end,
          Zuora__Quantity__c: quantity,
          Subscription_Status__c: status,
        })
      }
    }
  }
  return { Zuora__Subscription__c: subscriptions, Zuora__SubscriptionProductCharge__c: charges }
}
