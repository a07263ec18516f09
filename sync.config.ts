/**
 * The reference configuration: customers in two Zendesk instances, partners in one of them, users
 * in the other, and Slack. To add a field, add a line to its table (docs/add-a-field.md). To add an
 * instance, add a block (docs/add-an-instance.md).
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
  first,
  httpPolicy,
  integer,
  is,
  keysAfter,
  localState,
  lower,
  name,
  records,
  secret,
  single,
  text,
  unmatchedKeys,
  type DesiredOf,
  type LimitsFor,
  type RecordOf,
} from 'zds'
import {
  customers,
  entitlementChildren,
  entitlementColumns,
  overrides,
  subscriptions,
  supportPlans,
} from 'zds/entitlements'
import { dbosEngine } from 'zds/dbos-engine'
import { isPartner, partnerSync, partnerType } from 'zds/partner-sync'
import { postgresConnection, postgresState } from 'zds/postgres-state'
import { salesforce, salesforceId, salesforceIdOf, salesforceIds, soql } from 'zds/salesforce-source'
import { slackNotify } from 'zds/slack-notify'
import { contactColumns, userFields, usGovUserSync } from 'zds/us-gov-user-sync'
import { zendesk, type OptionOf, type OrganizationFields } from 'zds/zendesk-target'

const http = httpPolicy()

const alliance = salesforceId(env('PARTNER_ALLIANCE_ACCOUNT_ID'))

// --- Fields: one line each. Type, the Salesforce columns or the computed fact it reads, the derivation.

const shared = {
  name: name('Name'),
  external_id: text('Account_ID_18__c'),
  salesforce_id: text('Account_ID_18__c'),
  account_owner: text('Account_Owner_Calc__c'),
  technical_account_manager: text('Technical_Account_Manager_Name__c'),
  solutions_architect: text('Solutions_Architect_Lookup__r.Name'),
  restricted_account: checkbox('Restricted_Account__c', is('Restricted Party')),
  org_in_escalated_state: checkbox('Account_Risk_Level__c', is('At Risk - Escalated')),
  support_hold: checkbox('Support_Hold__c'),
  mark_for_deletion: checkbox([], always(false)),
} satisfies OrganizationFields<'global' | 'us-gov'>

const customer = {
  ...shared,
  sfdc_short_id: text('Account_ID_18__c', first(15)),
  account_type: dropdown(fact('type')),
  support_level: dropdown(fact('level')),
  expiration_date: text(fact('expiry')),
  ...subscriptions('sub_consumption_duo_enterprise', 'sub_consumption_duo_amazon_q', 'sub_consumption_duo_premium'),
  ...subscriptions('sub_gitlab_dedicated', 'sub_sm_premium', 'sub_sm_ultimate', 'sub_ss_ase'),
  // Only an override writes these (AMB-13, AMB-22).
  migrating: checkbox(),
  migration_date: date(),
} satisfies OrganizationFields<'global' | 'us-gov'>

const segment = lower({ none: 'unknown' })

const globalFields = {
  ...customer,
  aar: decimal(fact('arr')),
  sales_segmentation: text('Ultimate_Parent_Sales_Segment_Employees__c', segment),
  org_region: dropdown(fact('region')),
  seats_decimal: decimal(fact('seats')),
  ...subscriptions('sub_edu', 'sub_oss', 'sub_community_other', 'sub_consumption_cicd_minutes', 'sub_consumption_eap'),
  ...subscriptions(
    'sub_consumption_storage',
    'sub_dotcom_premium',
    'sub_dotcom_ultimate',
    'sub_ss_growth',
    'sub_ss_enterprise',
  ),
  partner_customer: checkbox(),
} satisfies OrganizationFields<'global'>

const usGovFields = {
  ...customer,
  arr: decimal(fact('arr')),
  market_segment: text('Ultimate_Parent_Sales_Segment_Employees__c', segment),
  number_of_seats: integer(fact('seats')),
  emergency_support_24x7: checkbox(fact('schedule')),
  ...subscriptions('sub_usgov_12x5', 'sub_usgov_24x7'),
} satisfies OrganizationFields<'us-gov'>

const partnerFields = {
  ...shared,
  account_type: dropdown(['Account_ID_18__c', 'Partner_Track__c'], partnerType(alliance)),
} satisfies OrganizationFields<'global'>

// --- Salesforce ----------------------------------------------------------------------------------

const crm = salesforce({
  loginUrl: env('SALESFORCE_LOGIN_URL'),
  clientId: env('SALESFORCE_CLIENT_ID'),
  clientSecret: secret('SALESFORCE_CLIENT_SECRET'),
  http,
})

/** The Types of customers (SFA-01). */
const types = ['Customer', 'Former Customer']

const accounts = crm.rows({
  name: 'accounts',
  object: 'Account',
  key: 'Account_ID_18__c',
  columnsOf: [globalFields, usGovFields],
  columns: entitlementColumns,
  children: entitlementChildren,
  where: soql`Type IN ${types}`,
})

const partnerRows = crm.rows({
  name: 'partner-rows',
  object: 'Account',
  key: 'Account_ID_18__c',
  columnsOf: [partnerFields],
  where: () =>
    soql`Account_ID_18__c = ${alliance.peek() ?? ''} OR (Type = ${'Partner'} AND Partners_Partner_Status__c IN ${['Authorized']} AND Partner_Track__c IN ${['Open', 'Select']})`,
  mayBeEmpty: true,
  // A customer that turns partner meanwhile is in both, and so the partner sync's (AMB-19).
  after: accounts,
})

const catalogue = supportPlans(env('SUPPORT_PLANS', 'data/plans.yaml'))
const supportOverrides = overrides({
  from: env('SUPPORT_OVERRIDES', 'data/overrides.yaml'),
  token: secret('SUPPORT_OVERRIDES_TOKEN'),
  fields: { global: globalFields, 'us-gov': usGovFields },
  catalogue,
  http,
})

// --- What both customer syncs have in common -----------------------------------------------------

const protectedAccounts = salesforceIds(env('PROTECTED_ACCOUNT_IDS'))

const customerRules = {
  key: 'salesforce_id',
  fold: salesforceIdOf,
  unique: 'name',
  adopt: ['external_id'],
  retire: { mark_for_deletion: true },
  takesOver: true,
  protects: ({ salesforce_id }: Pick<RecordOf<typeof customer>, 'salesforce_id'>) =>
    protectedAccounts.read().includes(salesforceIdOf(salesforce_id ?? '') ?? ''),
  guards: [{ setting: protectedAccounts }],
  holds: ({ support_level }: Pick<DesiredOf<typeof customer>, 'support_level'>) =>
    support_level === 'expired' ? 'expired-not-created' : undefined,
  words: { 'expired-not-created': 'expired, and has no record yet' },
} as const

const limits = { update: 0.3, retire: 0.05 }

/**
 * Levels from the highest down (PROC-30). They are not read from the plans file: what a guard is
 * measured with must not move with what it guards.
 */
const LEVELS = [
  'ultimate',
  'gold',
  'premium',
  'silver',
  'consumption_only',
  'custom',
  'community',
  'expired',
] satisfies OptionOf<'global' | 'us-gov', 'support_level'>[]

/** A slip in the plans file takes support from many customers at once (SAFE-12). */
const customerLimits = {
  ...limits,
  fields: {
    support_level: { share: 0.02, least: 10, order: LEVELS },
    expiration_date: { share: 0.02, least: 10, order: 'dates' },
  },
} satisfies LimitsFor<typeof customer>

/** What the customers of every instance come from, and are held against. */
const customerParts = {
  accounts,
  types,
  catalogue,
  overrides: supportOverrides,
  crm,
  rules: customerRules,
  limits: customerLimits,
}

/**
 * Zendesk limits requests by the minute only, and works on 30 jobs at a time: with fewer requests at
 * once, or longer jobs, a run waits while most of its minute is unused. More creates are begun than
 * go at a time: then none waits for the people of another. Many go in jobs: a tenth of the requests,
 * in the time that the updates take anyway.
 */
const pace = { concurrency: 16, createConcurrency: 64, createsInJobs: 40, smallestJob: 10 }

// --- Zendesk Global: customers, and partners after them ------------------------------------------

const globalOrganizations = zendesk({
  name: 'global',
  url: env('ZENDESK_GLOBAL_URL'),
  oauth: { clientId: env('ZENDESK_GLOBAL_CLIENT_ID'), clientSecret: secret('ZENDESK_GLOBAL_CLIENT_SECRET') },
  apiToken: { email: env('ZENDESK_GLOBAL_EMAIL'), token: secret('ZENDESK_GLOBAL_API_TOKEN') },
  http,
  ...pace,
}).organizations({ fields: globalFields })

const partnerAccounts = records({
  name: 'partner-accounts',
  rows: partnerRows,
  key: 'Account_ID_18__c',
  fields: partnerFields,
  elsewhere: {
    rows: crm.lookup({
      name: 'global-former-partners',
      object: 'Account',
      columns: ['Account_ID_18__c', 'Type'],
      in: 'Account_ID_18__c',
      keys: unmatchedKeys({
        target: globalOrganizations,
        field: 'salesforce_id',
        rows: partnerRows,
        column: 'Account_ID_18__c',
        fold: salesforceIdOf,
        of: isPartner,
      }),
    }),
    reason: 'type-changed',
    means: 'its account is no partner any more',
  },
  mayBeEmpty: true,
})

const global = customers({
  organizations: globalOrganizations,
  side: 'global',
  fields: globalFields,
  ...customerParts,
  partners: { desired: partnerAccounts, is: isPartner },
})

// --- Zendesk US Government -----------------------------------------------------------------------

const usGovZendesk = zendesk({
  name: 'us-gov',
  url: env('ZENDESK_US_GOV_URL'),
  oauth: { clientId: env('ZENDESK_US_GOV_CLIENT_ID'), clientSecret: secret('ZENDESK_US_GOV_CLIENT_SECRET') },
  apiToken: { email: env('ZENDESK_US_GOV_EMAIL'), token: secret('ZENDESK_US_GOV_API_TOKEN') },
  confined: true,
  http,
  ...pace,
})

const usGov = customers({
  organizations: usGovZendesk.organizations({ fields: usGovFields }),
  side: 'us_government',
  fields: usGovFields,
  ...customerParts,
})

const usGovContacts = crm.lookup({
  name: 'us-gov-contacts',
  object: 'Contact',
  columns: contactColumns,
  where: soql`Inactive_Contact__c = false AND Role__c INCLUDES ${['Gitlab Admin']} AND Name != '' AND Email != ''`,
  in: 'Account.Account_ID_18__c',
  keys: keysAfter(usGov),
})

const usGovUsers = usGovUserSync({
  after: usGov,
  users: usGovZendesk.users({ fields: userFields }),
  contacts: usGovContacts,
  protect: { domains: env('PROTECTED_USER_DOMAINS', 'gitlab.com'), emails: env('PROTECTED_USER_EMAILS') },
  limits,
})

// --- Slack: numbers only of the US Government instance (OPS-08) ----------------------------------

const channel = env('SLACK_CHANNEL')
const slack = slackNotify({
  token: secret('SLACK_BOT_TOKEN'),
  apiUrl: env('SLACK_API_URL'),
  channels: { summary: channel, failures: channel, 'without-people': channel, limits: channel, stopped: channel },
  countsOnly: ['us-gov'],
  http,
})

// --- State: in `.zds/`, or in a database where runs shall go on from another machine (docs/state.md) -------

const stateUrl = secret('ZDS_STATE_URL')
const project = env('ZDS_STATE_PROJECT', 'zds')

// --- Engine: this process, or as many as `zds worker` lends (docs/workers.md) ------------------------------

const engine = single(env('ZDS_ENGINE'), (word) =>
  word === 'dbos' ? word : { problem: 'is no engine', hint: 'The only one is dbos.' },
)
const workers = dbosEngine({ connection: () => postgresConnection(stateUrl), project })

// -------------------------------------------------------------------------------------------------

export default defineConfig({
  sources: { accounts, partnerRows, plans: catalogue, overrides: supportOverrides },
  processors: { partnerAccounts },
  targets: { global, 'us-gov': usGov },
  hooks: {
    partners: partnerSync({ after: global, desired: partnerAccounts, alliance, fields: partnerFields, limits }),
    'us-gov-users': usGovUsers,
    slack,
  },
  state: stateUrl.peek() === undefined ? localState : postgresState({ url: stateUrl, project }),
  engine: engine.peek() === undefined ? undefined : workers,
})
