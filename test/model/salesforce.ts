import type { Row, World } from 'zds/sandbox'
import { horizonOf } from './dates.ts'
import { textOf } from './values.ts'

/** What the world holds in Salesforce, as the rules ask for it. */
export type Account = {
  readonly id: string
  readonly row: Row
  readonly architect: unknown
  readonly soldTo: Row | undefined
  readonly subscriptions: readonly { readonly row: Row; readonly charges: readonly Row[] }[]
}

export function accountsOf({ salesforce }: World, today: string): Account[] {
  const table = (name: string): readonly Row[] => salesforce[name] ?? []
  const horizon = horizonOf(today)
  // SFA-02: neither what is cancelled, nor what ended before the horizon or has no end.
  const subscriptions = table('Zuora__Subscription__c').filter(
    (one) => one['Zuora__Status__c'] !== 'Cancelled' && textOf(one['Zuora__SubscriptionEndDate__c']) >= horizon,
  )
  const charges = table('Zuora__SubscriptionProductCharge__c').filter(
    (one) => one['Subscription_Status__c'] !== 'Cancelled' && textOf(one['Zuora__EffectiveEndDate__c']) >= horizon,
  )
  return table('Account').map((row) => ({
    id: textOf(row['Account_ID_18__c']),
    row,
    architect: table('User').find(({ Id }) => Id === row['Solutions_Architect_Lookup__c'])?.['Name'],
    soldTo: table('Contact').find(({ Id }) => Id === row['Latest_Sold_To_Contact__c']),
    subscriptions: subscriptions
      .filter((one) => one['Zuora__Account__c'] === row['Id'])
      .map((one) => ({
        row: one,
        // SFA-06: by the subscription that the charge names.
        charges: charges.filter(
          (charge) => charge['Zuora__Account__c'] === row['Id'] && charge['Zuora__Subscription__c'] === one['Id'],
        ),
      })),
  }))
}

/** SFA-01. */
export const isCustomer = ({ row }: Account): boolean => ['Customer', 'Former Customer'].includes(textOf(row['Type']))

/** PART-02. */
export const isPartner = ({ id, row }: Account, alliance: string): boolean =>
  id === alliance ||
  (row['Type'] === 'Partner' &&
    row['Partners_Partner_Status__c'] === 'Authorized' &&
    ['Open', 'Select'].includes(textOf(row['Partner_Track__c'])))
