import * as fc from 'fast-check'
import type { Row } from 'zds/sandbox'
import { daysFrom, graceOf, horizonOf } from '../dates.ts'
import { plans } from '../plans.ts'
import { ANCHOR, IDS, maybe, mostly, nameAt, numbered, SOLD_TO, type Made } from './keys.ts'

/** The days at which something changes, and their neighbours. */
export const daysAround = (today: string): readonly string[] => [
  ...[0, 1, -1, 200, -200].map((days) => daysFrom(today, days)),
  ...[-1, 0, 1].flatMap((days) => [daysFrom(graceOf(today), days), daysFrom(horizonOf(today), days)]),
]

/** One name of each type, that with two blanks, and names that are in no plan, some nearly. */
const CHARGES = [
  ...Object.values(plans.subscriptions).map((names) => names.at(-1) ?? ''),
  'Dedicated - Administration Fee  [XLarge] - 1 Year',
]
const NO_PLAN = [
  'Service Desk',
  'Dedicated - Administration Fee [XLarge] - 1 Year',
  'self-managed - premium - 1 year',
  'SaaS - Ultimate - 1 Year ',
  null,
]

function charge(today: string) {
  const later = fc.constant(daysFrom(today, 300))
  return fc.record({
    name: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...CHARGES) },
      { weight: 1, arbitrary: fc.constantFrom(...CHARGES.slice(-4)) },
      { weight: 1, arbitrary: fc.constantFrom(...NO_PLAN) },
    ),
    start: mostly(fc.constant('2020-01-01'), ...daysAround(today), null),
    end: fc.oneof(later, fc.constantFrom(...daysAround(today), null)),
    quantity: fc.constantFrom(1, 10, 250, 2.5, 0, null),
    /** Now and then cancelled by itself, or of a subscription that is not there. */
    apart: fc.constantFrom('', '', '', '', '', '', '', '', 'cancelled', 'elsewhere'),
  })
}

function subscription(today: string) {
  return fc.record({
    charges: fc.array(charge(today), { minLength: 1, maxLength: 3 }),
    start: mostly(fc.constant('2020-01-01'), ...daysAround(today), null),
    end: mostly(fc.constant(daysFrom(today, 300)), ...daysAround(today), null),
    status: fc.constantFrom('Active', 'Active', 'Active', 'Expired', 'Cancelled', null),
    soldTo: maybe('ann@sold.example', 'Ann@Sold.example', 'bob@sold.example', 'staff@sold.example', 'new@sold.example'),
  })
}

function account(today: string, n: number) {
  const types = ['Former Customer', 'Partner', 'Partner', 'Partner', 'Prospect', null]
  return fc.record({
    subscriptions: fc.array(subscription(today), { maxLength: 3 }),
    columns: fc.record(
      {
        Name: nameAt(n),
        Type: fc.oneof(fc.constant('Customer'), fc.constantFrom(...types)),
        CARR_This_Account__c: maybe(0, 1200, 0.5),
        Ultimate_Parent_Sales_Segment_Employees__c: maybe('PubSec', 'Large', ''),
        Account_Owner_Calc__c: maybe('Olive', 'Otto'),
        Technical_Account_Manager_Name__c: maybe('Tim'),
        Restricted_Account__c: maybe('Restricted Party', 'restricted party'),
        Solutions_Architect_Lookup__c: maybe('005PL0000000001YAA'),
        Account_Demographics_Geo__c: maybe('AMER', 'JIHU', 'emea', 'EMEA'),
        Account_Demographics_Region__c: maybe('APJ', 'LATAM', 'EMEA'),
        Latest_Sold_To_Contact__c: maybe(...SOLD_TO),
        Partner_Track__c: fc.constantFrom('Open', 'Select', 'Technology', null),
        Partners_Partner_Status__c: fc.constantFrom('Authorized', 'Authorized', 'Former', null),
        Support_Hold__c: fc.boolean(),
        Account_Risk_Level__c: maybe('At Risk - Escalated', 'At Risk'),
        Support_Instance__c: maybe('federal-support', 'gitlab'),
      },
      { requiredKeys: ['Name', 'Type'] },
    ),
  })
}

type AccountSeed = Made<ReturnType<typeof account>>

/** Accounts at one time: each id has one, or none. */
export const accountsAt = (today: string) => fc.tuple(...IDS.map((_, n) => fc.option(account(today, n), { freq: 6 })))

type Tables = { readonly [table: string]: Row[] }

/** The rows of accounts, of their subscriptions and charges. */
export function billingRows(accounts: readonly (AccountSeed | null)[]): Tables {
  const Account: Row[] = [{ Id: ANCHOR, Account_ID_18__c: ANCHOR, Name: 'Anchor', Type: 'Customer' }]
  const subscriptions: Row[] = []
  const charges: Row[] = []
  const subscribe = (
    to: string,
    { charges: sold, start, end, status, soldTo }: Made<ReturnType<typeof subscription>>,
  ): void => {
    const Id = numbered('a0S', subscriptions.length + 1)
    subscriptions.push({
      Id,
      Zuora__Account__c: to,
      Zuora__Status__c: status,
      Zuora__SubscriptionStartDate__c: start,
      Zuora__SubscriptionEndDate__c: end,
      Sold_To_Email__c: soldTo,
    })
    for (const one of sold)
      charges.push({
        Id: numbered('a0C', charges.length + 1),
        Zuora__Account__c: to,
        Zuora__Subscription__c: one.apart === 'elsewhere' ? numbered('a0S', 999) : Id,
        Zuora__SubscriptionRatePlanChargeName__c: one.name,
        Zuora__EffectiveStartDate__c: one.start,
        Zuora__EffectiveEndDate__c: one.end,
        Zuora__Quantity__c: one.quantity,
        Subscription_Status__c: one.apart === 'cancelled' ? 'Cancelled' : status,
      })
  }
  // One subscription in each instance.
  const running = { start: null, end: '2099-01-01', status: null, soldTo: null }
  for (const name of ['SaaS - Premium - 1 Year', '24x7 US Citizen Support - 1 Year'])
    subscribe(ANCHOR, { ...running, charges: [{ ...running, name, quantity: 1, apart: '' }] })
  for (const [n, seed] of accounts.entries()) {
    const id = IDS[n] ?? ''
    if (seed === null) continue
    Account.push({ Id: id, Account_ID_18__c: id, ...seed.columns })
    for (const one of seed.subscriptions) subscribe(id, one)
  }
  return {
    Account,
    Zuora__Subscription__c: subscriptions,
    Zuora__SubscriptionProductCharge__c: charges,
    User: [{ Id: '005PL0000000001YAA', Name: 'Sam Architect' }],
  }
}
