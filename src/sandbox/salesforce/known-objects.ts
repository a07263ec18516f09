export type ColumnType =
  | 'id'
  | 'string'
  | 'email'
  | 'textarea'
  | 'boolean'
  | 'double'
  | 'date'
  | 'datetime'
  | 'picklist'
  | 'multipicklist'
  | 'reference'

/** A column of a known object: its type, or the object that it looks up. */
type Declared = ColumnType | { readonly to: string; readonly as: string }

type KnownObject = {
  readonly label: string
  readonly prefix: string
  readonly columns: { readonly [name: string]: Declared }
}

const system = {
  IsDeleted: 'boolean',
  CreatedDate: 'datetime',
  LastModifiedDate: 'datetime',
  SystemModstamp: 'datetime',
} as const

/**
 * The objects that can be queried though their table is missing or empty; columns found in rows are
 * added to these.
 */
export const knownObjects: { readonly [name: string]: KnownObject } = {
  Account: {
    label: 'Account',
    prefix: '001',
    columns: {
      Id: 'id',
      ...system,
      Name: 'string',
      Account_ID_18__c: 'string',
      Type: 'picklist',
      CARR_This_Account__c: 'double',
      Ultimate_Parent_Sales_Segment_Employees__c: 'string',
      Account_Owner_Calc__c: 'string',
      Technical_Account_Manager_Name__c: 'string',
      Restricted_Account__c: 'picklist',
      Solutions_Architect_Lookup__c: { to: 'User', as: 'Solutions_Architect_Lookup__r' },
      Account_Demographics_Geo__c: 'picklist',
      Account_Demographics_Region__c: 'picklist',
      Latest_Sold_To_Contact__c: { to: 'Contact', as: 'Latest_Sold_To_Contact__r' },
      Partner_Track__c: 'picklist',
      Partners_Partner_Type__c: 'picklist',
      Partners_Partner_Status__c: 'picklist',
      Support_Hold__c: 'boolean',
      Account_Risk_Level__c: 'picklist',
      Support_Instance__c: 'picklist',
    },
  },
  User: {
    label: 'User',
    prefix: '005',
    columns: { Id: 'id', ...system, Name: 'string', Username: 'string', Email: 'email', IsActive: 'boolean' },
  },
  Contact: {
    label: 'Contact',
    prefix: '003',
    columns: {
      Id: 'id',
      ...system,
      Name: 'string',
      Email: 'email',
      AccountId: { to: 'Account', as: 'Account' },
      Inactive_Contact__c: 'boolean',
      Role__c: 'multipicklist',
    },
  },
  Zuora__Subscription__c: {
    label: 'Subscription',
    prefix: 'a0S',
    columns: {
      Id: 'id',
      ...system,
      Name: 'string',
      Subscription_ID_18__c: 'string',
      Zuora__Account__c: { to: 'Account', as: 'Zuora__Account__r' },
      Zuora__Status__c: 'picklist',
      Zuora__SubscriptionStartDate__c: 'date',
      Zuora__SubscriptionEndDate__c: 'date',
      Sold_To_Email__c: 'email',
    },
  },
  Zuora__SubscriptionProductCharge__c: {
    label: 'Product & Charge',
    prefix: 'a0C',
    columns: {
      Id: 'id',
      ...system,
      Name: 'string',
      Zuora__Account__c: { to: 'Account', as: 'Zuora__Account__r' },
      Zuora__Subscription__c: { to: 'Zuora__Subscription__c', as: 'Zuora__Subscription__r' },
      Zuora__SubscriptionRatePlanChargeName__c: 'string',
      Zuora__EffectiveStartDate__c: 'date',
      Zuora__EffectiveEndDate__c: 'date',
      Zuora__Quantity__c: 'double',
      Subscription_Status__c: 'string',
    },
  },
}

/** The child lists that a sub-query can name. */
export const childLists: readonly { parent: string; list: string; object: string; column: string }[] = [
  { parent: 'Account', list: 'Contacts', object: 'Contact', column: 'AccountId' },
  { parent: 'Account', list: 'Zuora__Subscriptions__r', object: 'Zuora__Subscription__c', column: 'Zuora__Account__c' },
  {
    parent: 'Account',
    list: 'Zuora__R00N40000001lGjTEAU__r',
    object: 'Zuora__SubscriptionProductCharge__c',
    column: 'Zuora__Account__c',
  },
]
