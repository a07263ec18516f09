import { retentionStart } from './dates.ts'

/**
 * The Salesforce Account columns that the rules read themselves; those of the field tables come on
 * top (SFA-02).
 */
export const ACCOUNT = {
  id: 'Account_ID_18__c',
  type: 'Type',
  arr: 'CARR_This_Account__c',
  geo: 'Account_Demographics_Geo__c',
  region: 'Account_Demographics_Region__c',
  instance: 'Support_Instance__c',
  soldToEmail: 'Latest_Sold_To_Contact__r.Email',
  soldToName: 'Latest_Sold_To_Contact__r.Name',
  subscriptions: 'Zuora__Subscriptions__r',
  charges: 'Zuora__R00N40000001lGjTEAU__r',
} as const

/** The columns of a row of either child list that the rules read. */
export const SUBSCRIPTION = {
  id: 'Id',
  start: 'Zuora__SubscriptionStartDate__c',
  end: 'Zuora__SubscriptionEndDate__c',
  soldTo: 'Sold_To_Email__c',
} as const
export const CHARGE = {
  name: 'Zuora__SubscriptionRatePlanChargeName__c',
  subscription: 'Zuora__Subscription__c',
  start: 'Zuora__EffectiveStartDate__c',
  end: 'Zuora__EffectiveEndDate__c',
  quantity: 'Zuora__Quantity__c',
} as const

/** Salesforce Account columns to ask for. */
export const entitlementColumns = [
  ACCOUNT.id,
  ACCOUNT.arr,
  ACCOUNT.geo,
  ACCOUNT.region,
  ACCOUNT.instance,
  ACCOUNT.soldToEmail,
  ACCOUNT.soldToName,
] as const

/** A child list below each account, as the source of the accounts asks for it. */
export type ChildList = { readonly relationship: string; readonly columns: readonly string[]; readonly where: string }

/**
 * The two sub-queries of SFA-02, `where` as SOQL text. What ended before the retention horizon is
 * not asked for (AMB-01).
 */
export function entitlementChildren(today: string): readonly ChildList[] {
  const horizon = retentionStart(today)
  return [
    {
      relationship: ACCOUNT.subscriptions,
      columns: [
        'Id',
        'Name',
        'Subscription_ID_18__c',
        'Zuora__Status__c',
        SUBSCRIPTION.start,
        SUBSCRIPTION.end,
        SUBSCRIPTION.soldTo,
      ],
      where: `Zuora__Status__c != 'Cancelled' AND Zuora__SubscriptionEndDate__c >= ${horizon}`,
    },
    {
      relationship: ACCOUNT.charges,
      columns: ['Id', 'Name', ...Object.values(CHARGE)],
      where: `Subscription_Status__c != 'Cancelled' AND Zuora__EffectiveEndDate__c >= ${horizon}`,
    },
  ]
}
