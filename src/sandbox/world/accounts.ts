import { makeId } from '../salesforce/ids.ts'
import type { Row } from '../types.ts'
import { agencyName, companyName, personName } from './names.ts'
import { addOns, baseTiers, communityPrograms, governmentSupport, governmentTiers, type Product } from './products.ts'
import { createRandom, type Random } from './random.ts'

/** What an account is; how many there are of each is in `kindOf`. */
type AccountKind = 'customer' | 'community' | 'former' | 'long-gone' | 'government' | 'partner' | 'prospect'

export type Charge = { readonly product: Product; readonly quantity: number }
export type Subscription = {
  readonly start: string
  readonly end: string
  readonly cancelled: boolean
  readonly charges: readonly Charge[]
}
export type Person = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string | null
}

/** An account with everything that belongs to it, before it becomes rows. */
export type Account = {
  readonly n: number
  readonly id: string
  readonly kind: AccountKind
  readonly row: Row
  readonly subscriptions: readonly Subscription[]
  readonly contacts: readonly Person[]
  readonly soldTo: Person | undefined
}

/** The ids of the staff in the User table. */
export const staffSize = 40
export const staffId = (n: number): string => makeId('005', 8_000_000 + n)

/** A day so many days from another, `YYYY-MM-DD`. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)

/** The place of an account among the hundred it belongs to: all different, mixed. */
const placeOf = (n: number): number => (n * 37) % 100

/**
 * Of 100 accounts in a row: 4 public bodies, 3 partners, 3 prospects, 3 community programs, 12
 * former and 2 long-gone customers.
 */
function kindOf(n: number): AccountKind {
  const place = placeOf(n)
  if (place < 4) return 'government'
  if (place < 7) return 'partner'
  if (place < 10) return 'prospect'
  if (place < 13) return 'community'
  if (place < 25) return 'former'
  return place < 27 ? 'long-gone' : 'customer'
}

/** The n-th account of a seed; it depends on nothing but these numbers and the date. */
export function createAccount(n: number, seed: number, asOf: string): Account {
  const random = createRandom(seed, n)
  const kind = kindOf(n)
  const id = makeId('001', 60_000_000 + n)
  const contacts = createContacts(n, kind, random)
  // Some customers have no contact for their billing, so a new organization of theirs ends without
  // users.
  const soldTo = kind === 'government' || random.chance(0.35) ? undefined : contacts[0]
  const row: Row = {
    Id: id,
    Account_ID_18__c: id,
    Name: kind === 'government' ? agencyName(Math.floor(n / 100) * 4 + placeOf(n)) : companyName(n),
    Type: typeOf(kind),
    CARR_This_Account__c: kind === 'partner' || kind === 'prospect' ? 0 : random.between(4, 4000) * 250.5,
    Ultimate_Parent_Sales_Segment_Employees__c:
      kind === 'government' ? 'PubSec' : random.pick(['Large', 'Mid-Market', 'SMB', null]),
    Account_Owner_Calc__c: personName(random),
    Technical_Account_Manager_Name__c: random.chance(0.6) ? personName(random) : null,
    Restricted_Account__c: random.chance(0.01) ? 'Restricted Party' : 'Not Restricted',
    Solutions_Architect_Lookup__c: random.chance(0.4) ? staffId(random.between(1, staffSize)) : null,
    Account_Demographics_Geo__c:
      kind === 'government' ? 'AMER' : random.pick(['AMER', 'AMER', 'EMEA', 'APJ', 'JIHU', null]),
    Account_Demographics_Region__c: random.pick(['AMER', 'EMEA', 'APJ', 'LATAM', null]),
    Latest_Sold_To_Contact__c: soldTo?.id ?? null,
    Partner_Track__c: kind === 'partner' ? (n % 2 === 0 ? 'Open' : 'Select') : null,
    Partners_Partner_Type__c: kind === 'partner' ? random.pick(['Reseller', 'Integrator', 'OEM']) : null,
    Partners_Partner_Status__c: kind === 'partner' ? (random.chance(0.85) ? 'Authorized' : 'Former') : null,
    Support_Hold__c: random.chance(0.01),
    Account_Risk_Level__c: random.chance(0.015) ? 'At Risk - Escalated' : random.pick(['Healthy', 'At Risk', null]),
    Support_Instance__c: kind === 'government' && n % 3 === 0 ? 'federal-support' : random.pick(['gitlab', null]),
  }
  return { n, id, kind, row, contacts, soldTo, subscriptions: createSubscriptions(kind, random, asOf) }
}

function typeOf(kind: AccountKind): string {
  switch (kind) {
    case 'former':
    case 'long-gone':
      return 'Former Customer'
    case 'partner':
      return 'Partner'
    case 'prospect':
      return 'Prospect'
    case 'customer':
    case 'community':
    case 'government':
      return 'Customer'
  }
}

function createContacts(n: number, kind: AccountKind, random: Random): Person[] {
  const domain = kind === 'government' ? 'agency' : 'company'
  return Array.from({ length: random.between(1, kind === 'government' ? 3 : 2) }, (_, k) => ({
    id: makeId('003', 90_000_000 + n * 4 + k),
    name: personName(random),
    email: `person.${n}.${k + 1}@${domain}.example`,
    role: kind === 'government' ? 'Gitlab Admin' : random.pick(['Billing', 'Sold To', 'Gitlab Admin;Billing', null]),
  }))
}

function createSubscriptions(kind: AccountKind, random: Random, asOf: string): Subscription[] {
  const between = (low: number, high: number): number => random.between(low, high)
  // The last days of grace are part of "active": a charge counts until 15 days after its end.
  const active = (years: number): string =>
    addDays(asOf, random.chance(0.03) ? -between(1, 14) : between(1, 364 * years))
  switch (kind) {
    case 'partner':
    case 'prospect':
      return []
    case 'long-gone':
      return [subscription(random, random.pick(baseTiers), [], addDays(asOf, -between(1200, 1800)))]
    case 'former':
      return [subscription(random, random.pick(baseTiers), [], addDays(asOf, -between(20, 1000)))]
    case 'community': {
      const product = random.pick(communityPrograms)
      return [subscription(random, product, [], active(1))]
    }
    case 'government':
      return [subscription(random, random.pick(governmentTiers), [random.pick(governmentSupport)], active(1))]
    case 'customer': {
      const list = Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => {
        const product = random.pick(baseTiers)
        return subscription(random, product, random.chance(0.35) ? [random.pick(addOns)] : [], active(product.years))
      })
      if (random.chance(0.1))
        list.push({ ...subscription(random, random.pick(baseTiers), [], active(1)), cancelled: true })
      return list
    }
  }
}

function subscription(random: Random, base: Product, others: readonly Product[], end: string): Subscription {
  const seats = random.between(1, 400) * random.pick([1, 5, 10])
  const charges = [
    { product: base, quantity: seats },
    ...others.map((product) => ({ product, quantity: random.between(1, 10) })),
  ]
  return { start: addDays(end, -365 * base.years), end, cancelled: false, charges }
}
