/**
 * The reference configuration and one more Zendesk, "emea": the customers of a region, in fields
 * that have names of their own. All that the instance needs is here: its field table, its accounts,
 * its target and its rules.
 */
import {
  always,
  checkbox,
  date,
  decimal,
  defineConfig,
  dropdown,
  env,
  fact,
  integer,
  lower,
  name,
  secret,
  text,
} from 'zds'
import { customers, entitlementChildren, entitlementColumns, subscriptions } from 'zds/entitlements'
import { salesforce, salesforceIdOf, soql } from 'zds/salesforce-source'
import { zendesk, type OrganizationFields } from 'zds/zendesk-target'
import reference from '../../sync.config.ts'

const emeaFields = {
  name: name('Name'),
  external_id: text('Account_ID_18__c'),
  crm_id: text('Account_ID_18__c'),
  plan: dropdown(fact('level')),
  contract_end: date(fact('expiry')),
  seats: integer(fact('seats')),
  yearly_revenue: decimal(fact('arr')),
  company_size: text('Ultimate_Parent_Sales_Segment_Employees__c', lower({ none: 'unknown' })),
  on_hold: checkbox('Support_Hold__c'),
  leaving: checkbox([], always(false)),
  ...subscriptions('sub_gitlab_dedicated', 'sub_ss_ase'),
} satisfies OrganizationFields<'emea'>

const crm = salesforce({
  loginUrl: env('SALESFORCE_LOGIN_URL'),
  clientId: env('SALESFORCE_CLIENT_ID'),
  clientSecret: secret('SALESFORCE_CLIENT_SECRET'),
})

const emeaRows = crm.rows({
  name: 'emea-rows',
  object: 'Account',
  key: 'Account_ID_18__c',
  columnsOf: [emeaFields],
  columns: entitlementColumns,
  children: entitlementChildren,
  where: soql`Type IN ${['Customer', 'Former Customer']} AND Account_Demographics_Geo__c = ${'EMEA'}`,
})

const { plans: catalogue, overrides } = reference.sources
const emea = customers({
  organizations: zendesk({
    name: 'emea',
    url: env('ZENDESK_EMEA_URL'),
    oauth: { clientId: env('ZENDESK_EMEA_CLIENT_ID'), clientSecret: secret('ZENDESK_EMEA_CLIENT_SECRET') },
    apiToken: { email: env('ZENDESK_EMEA_EMAIL'), token: secret('ZENDESK_EMEA_API_TOKEN') },
  }).organizations({ fields: emeaFields, mayBeEmpty: true }),
  side: 'global',
  fields: emeaFields,
  accounts: emeaRows,
  catalogue,
  overrides,
  crm,
  rules: {
    key: 'crm_id',
    fold: salesforceIdOf,
    unique: 'name',
    adopt: ['external_id'],
    retire: { leaving: true },
    holds: ({ plan }) => (plan === 'expired' ? 'expired-not-created' : undefined),
    words: { 'expired-not-created': 'expired, and has no record yet' },
  },
  limits: { update: 0.5, retire: 0.02 },
})

export default defineConfig({ ...reference, targets: { ...reference.targets, emea } })
