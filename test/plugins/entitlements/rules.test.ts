import type { JsonObject } from 'zds'
import { rules } from 'zds/entitlements'
import { describe, expect, test } from 'vitest'
import { account, fieldsOf, overriding, TABLES, TODAY, type ChargeSpec, type Given, type Instance } from './support.ts'

const PREMIUM = 'Self-Managed - Premium - 1 Year'
const ULTIMATE = 'Self-Managed - Ultimate - 1 Year'
const SAAS = 'SaaS - Ultimate - 1 Year'
const GOV_12 = '12x5 US Citizen Support - 1 Year'
const GOV_24 = '24x7 US Citizen Support - 1 Year'
const FEDRAMP = 'GitLab Dedicated for US Public Sector - Storage 10GB - 1 Year'
const SIGNATURE = 'Success Signature - 1 Year'
const ENDED = { end: '2025-12-31' }

const charges = (...names: string[]): ChargeSpec[] => names.map((name) => ({ name }))
const exception = { Support_Instance__c: 'federal-support' }

type Case = readonly [what: string, given: Given, fields: JsonObject | string]

const global = (subscriptions: readonly (readonly ChargeSpec[])[], columns: JsonObject = {}): Given => ({
  accounts: [account(subscriptions, columns)],
})
const usGov = (subscriptions: readonly (readonly ChargeSpec[])[], columns: JsonObject = {}): Given => ({
  ...global(subscriptions, columns),
  instance: 'us_gov',
})
const one = [charges(PREMIUM)]

const tables: { readonly [title: string]: readonly Case[] } = {
  'SFA: values of the account': [
    ['SFA-10 the id as it is', global(one), { salesforce_id: '001000000000001AAA', external_id: '001000000000001AAA' }],
    [
      'SFA-11 the name, its case and inner blanks as they are',
      global(one, { Name: 'ACME  & Söhne' }),
      { name: 'ACME  & Söhne' },
    ],
    ['SFA-12 revenue, fractions and all', global(one), { aar: 12_000.5 }],
    ['SFA-12 a revenue of 0', global(one, { CARR_This_Account__c: 0 }), { aar: 0 }],
    ['SFA-13 the Type is not copied: active', global(one, { Type: 'Former Customer' }), { account_type: 'customer' }],
    [
      'SFA-13 the Type is not copied: expired',
      global([[ENDED]], { Type: 'Customer' }),
      { account_type: 'former_customer' },
    ],
    ['SFA-14 no segment is unknown', global(one), { sales_segmentation: 'unknown' }],
    [
      'SFA-14 an empty segment is unknown',
      global(one, { Ultimate_Parent_Sales_Segment_Employees__c: '' }),
      { sales_segmentation: 'unknown' },
    ],
    [
      'SFA-14 PubSec is pubsec',
      global(one, { Ultimate_Parent_Sales_Segment_Employees__c: 'PubSec' }),
      { sales_segmentation: 'pubsec' },
    ],
    [
      'SFA-15 Geo wins',
      global(one, { Account_Demographics_Geo__c: 'EMEA', Account_Demographics_Region__c: 'APJ' }),
      { org_region: 'org_region_emea' },
    ],
    [
      'SFA-15 Geo JIHU, Region APJ',
      global(one, { Account_Demographics_Geo__c: 'JIHU', Account_Demographics_Region__c: 'APJ' }),
      { org_region: 'org_region_apac' },
    ],
    [
      'SFA-15 neither',
      global(one, { Account_Demographics_Geo__c: 'JIHU', Account_Demographics_Region__c: 'JIHU' }),
      { org_region: null },
    ],
    ...(['AMER', 'EMEA', 'APJ'] as const).flatMap((known, index): Case[] => {
      const org_region = ['org_region_amer', 'org_region_emea', 'org_region_apac'][index] ?? null
      return [
        [`AMB-25 Geo ${known}`, global(one, { Account_Demographics_Geo__c: known }), { org_region }],
        [
          `AMB-25 no Geo, Region ${known}`,
          global(one, { Account_Demographics_Geo__c: null, Account_Demographics_Region__c: known }),
          { org_region },
        ],
      ]
    }),
    ['SFA-15 none', global(one), { org_region: null }],
    ['SFA-30 case counts', global(one, { Account_Demographics_Geo__c: 'emea' }), { org_region: null }],
    ['SFA-16 exact', global(one, { Restricted_Account__c: 'Restricted Party' }), { restricted_account: true }],
    ['SFA-16 other case', global(one, { Restricted_Account__c: 'restricted party' }), { restricted_account: false }],
    [
      'SFA-16, SFA-17, SFA-24 nothing is false',
      global(one, { Restricted_Account__c: null, Account_Risk_Level__c: null, Support_Hold__c: null }),
      { restricted_account: false, org_in_escalated_state: false, support_hold: null },
    ],
    ['SFA-17 exact', global(one, { Account_Risk_Level__c: 'At Risk - Escalated' }), { org_in_escalated_state: true }],
    ['SFA-17 another text', global(one, { Account_Risk_Level__c: 'At Risk' }), { org_in_escalated_state: false }],
    ['SFA-18 other case is no exception', usGov(one, { Support_Instance__c: 'Federal-Support' }), 'no-subscription'],
    ['SFA-18 no value is no exception', usGov(one, { Support_Instance__c: null }), 'no-subscription'],
    ['SFA-18 the other known value is none', usGov(one, { Support_Instance__c: 'gitlab' }), 'no-subscription'],
    [
      'SFA-21..23 nobody is empty',
      global(one, {
        Account_Owner_Calc__c: null,
        Technical_Account_Manager_Name__c: null,
        'Solutions_Architect_Lookup__r.Name': null,
      }),
      { account_owner: null, technical_account_manager: null, solutions_architect: null },
    ],
    ['SFA-23 a lookup', global(one, { 'Solutions_Architect_Lookup__r.Name': 'Ada' }), { solutions_architect: 'Ada' }],
    ['SFA-21 the owner', global(one, { Account_Owner_Calc__c: 'Grace Evans' }), { account_owner: 'Grace Evans' }],
    [
      'SFA-22 the CSM',
      global(one, { Technical_Account_Manager_Name__c: 'Ivy Cho' }),
      { technical_account_manager: 'Ivy Cho' },
    ],
    ['SFA-24 on hold', global(one, { Support_Hold__c: true }), { support_hold: true }],
    ['SFA-24 not on hold', global(one, { Support_Hold__c: false }), { support_hold: false }],
    ['FLD-02 short id', global(one), { sfdc_short_id: '001000000000001', salesforce_id: '001000000000001AAA' }],
    ['AMB-18 never marked', global(one), { mark_for_deletion: false }],
  ],
  'SFA-19, SFA-20: subscriptions and charges': [
    [
      'are the rows of the two child lists',
      global([charges(PREMIUM), charges(SAAS)]),
      { sub_sm_premium: true, sub_dotcom_ultimate: true },
    ],
    ['no subscriptions, whatever the charges', global(one, { Zuora__Subscriptions__r: [] }), 'no-subscription'],
    ['no charges, whatever the subscriptions', global(one, { Zuora__R00N40000001lGjTEAU__r: [] }), 'no-subscription'],
  ],
  'PLAN: charge names': [
    [
      'PLAN-04 two blanks',
      global([charges('Dedicated - Administration Fee  [XLarge] - 1 Year')]),
      { sub_gitlab_dedicated: true },
    ],
    [
      'PLAN-04 one blank grants nothing',
      global([charges('Dedicated - Administration Fee [XLarge] - 1 Year')]),
      'no-subscription',
    ],
    [
      'PLAN-05 an unknown name beside a known one',
      global([charges('Premium Support', PREMIUM)]),
      { support_level: 'premium' },
    ],
  ],
  'PROC-15: four cells': [
    ['no exception, government charge: not Global', global([charges(PREMIUM, GOV_12)]), 'no-subscription'],
    [
      'no exception, government charge: US Gov',
      usGov([charges(PREMIUM, GOV_12)]),
      { sub_sm_premium: true, sub_usgov_12x5: true },
    ],
    ['no exception, none: Global', global(one), { sub_sm_premium: true }],
    ['no exception, none: not US Gov', usGov(one), 'no-subscription'],
    ['exception, Self-Managed: not Global', global(one, exception), 'no-subscription'],
    ['exception, Self-Managed: US Gov', usGov(one, exception), { sub_sm_premium: true }],
    ['exception, GitLab.com: Global', global([charges(SAAS)], exception), { sub_dotcom_ultimate: true }],
    ['exception, GitLab.com: not US Gov', usGov([charges(SAAS)], exception), 'no-subscription'],
    [
      'AMB-06 by subscription: the Global part',
      global([charges(SAAS), charges(PREMIUM, GOV_24)]),
      { sub_dotcom_ultimate: true, sub_sm_premium: false },
    ],
    [
      'AMB-06 by subscription: the US Gov part',
      usGov([charges(SAAS), charges(PREMIUM, GOV_24)]),
      { support_level: 'premium', sub_sm_premium: true },
    ],
    [
      'AMB-06 an ended government charge still decides',
      global([[{ name: PREMIUM }, { name: GOV_12, ...ENDED }]]),
      'no-subscription',
    ],
    ['AMB-10 no subscription at all', global([]), 'no-subscription'],
  ],
  'PROC-02, PROC-17: grace, on 2026-03-16': [
    ...(['2026-03-16', '2026-03-02', '2026-03-01'] as const).map((end): Case => [
      `ends ${end}: counts`,
      global([[{ end }]]),
      { support_level: 'premium', sub_sm_premium: true },
    ]),
    [
      'ends 2026-02-28: expired',
      global([[{ end: '2026-02-28' }]]),
      { support_level: 'expired', sub_sm_premium: false, expiration_date: '2026-02-28' },
    ],
    ['starts today: counts', global([[{ start: TODAY }]]), { support_level: 'premium' }],
    ['starts tomorrow: not yet', global([[{ start: '2026-03-17' }]]), { support_level: 'expired' }],
    ['AMB-07 no start: counts', global([[{ start: null }]]), { support_level: 'premium' }],
    [
      'AMB-07 no end: never counts',
      global([[{ end: null }, { name: SAAS, ...ENDED }]]),
      { support_level: 'expired', expiration_date: '2025-12-31' },
    ],
  ],
  'PROC-18: expiration date': [
    [
      'the latest, ended ones included',
      global([[{ end: '2026-05-01' }], [{ end: '2024-01-01' }]]),
      { expiration_date: '2026-05-01' },
    ],
    [
      'not of an unknown name',
      global([[{ end: '2026-05-01' }, { name: 'File Locking', end: '2030-01-01' }]]),
      { expiration_date: '2026-05-01' },
    ],
    [
      'not of another instance',
      global([[{ end: '2026-05-01' }], [{ name: GOV_12, end: '2030-01-01' }]]),
      { expiration_date: '2026-05-01' },
    ],
    [
      'of one that has not begun, too',
      global([[{ end: '2026-05-01' }, { start: '2026-05-02', end: '2028-05-01' }]]),
      { expiration_date: '2028-05-01' },
    ],
    ['AMB-08 none', global([[{ end: null }]]), 'no-subscription'],
  ],
  'PROC-19, AMB-09: seats': [
    [
      'the highest, not the sum',
      global([[{ quantity: 5 }], [{ quantity: 70 }], [{ quantity: 20 }]]),
      { seats_decimal: 70 },
    ],
    ['only base tiers', global([[{ quantity: 5 }, { name: '1,000 CI Minutes', quantity: 900 }]]), { seats_decimal: 5 }],
    [
      'only counting charges',
      global([[{ quantity: 5 }, { name: SAAS, quantity: 900, ...ENDED }]]),
      { seats_decimal: 5 },
    ],
    [
      'not those that begin tomorrow',
      global([[{ quantity: 5 }, { name: SAAS, quantity: 900, start: '2026-03-17' }]]),
      { seats_decimal: 5 },
    ],
    ['those in grace', global([[{ quantity: 5, end: '2026-03-01' }]]), { seats_decimal: 5 }],
    ['none', global([charges('1,000 CI Minutes')]), { seats_decimal: 0 }],
    ['no quantity', global([[{ quantity: null }]]), { seats_decimal: 0 }],
    ['US Gov, its own key', usGov([[{ quantity: 7 }, { name: GOV_12, quantity: 1 }]]), { number_of_seats: 7 }],
    [
      'what is begun counts, in a field of whole numbers',
      usGov([[{ quantity: 7.2 }, { name: GOV_12 }]]),
      { number_of_seats: 8 },
    ],
    ['a fraction, in a field of whole numbers', usGov([[{ quantity: 7.5 }, { name: GOV_12 }]]), { number_of_seats: 8 }],
  ],
  'PROC-30: level': [
    ['ultimate', global([charges('1,000 CI Minutes', SAAS, ULTIMATE)]), { support_level: 'ultimate' }],
    [
      'ultimate by Dedicated',
      global([charges('Dedicated - Storage 10GB - 1 Year', SAAS)]),
      { support_level: 'ultimate' },
    ],
    ['gold', global([charges(PREMIUM, SAAS)]), { support_level: 'gold' }],
    ['premium', global([charges('SaaS - Premium - 1 Year', PREMIUM)]), { support_level: 'premium' }],
    ['silver', global([charges('SaaS - Premium - 1 Year', '1,000 CI Minutes')]), { support_level: 'silver' }],
    [
      'consumption only',
      global([charges(SIGNATURE, 'Gitlab Storage 10GB - 1 Year')]),
      { support_level: 'consumption_only' },
    ],
    [
      'custom',
      global([charges('Success Advanced - 1 Year', '[EDU Program] SaaS - Ultimate - 1 Year')]),
      { support_level: 'custom' },
    ],
    ['community', global([charges('[OSS Program] SaaS - Ultimate - 1 Year')]), { support_level: 'community' }],
    ['expired', global([[ENDED]]), { support_level: 'expired' }],
  ],
  'PROC-32, PROC-41: type and revenue': [
    ['active', global(one), { account_type: 'customer', aar: 12_000.5 }],
    [
      'active by an override: its revenue is that of Salesforce again',
      { ...global([[ENDED]]), overrides: [overriding({ sub_sm_premium: true })] },
      { support_level: 'premium', account_type: 'customer', aar: 12_000.5 },
    ],
    ['active, no revenue', global(one, { CARR_This_Account__c: null }), { aar: null }],
    ['PROC-32 expired', global([[ENDED]]), { account_type: 'former_customer' }],
    ['PROC-41 expired, Global', global([[ENDED]]), { aar: 0 }],
    ['PROC-41 expired, US Gov', usGov([[{ name: GOV_12, ...ENDED }]]), { arr: 0, account_type: 'former_customer' }],
    ['PROC-44 active, US Gov', usGov([charges(GOV_12)]), { arr: 12_000.5, support_level: 'custom' }],
  ],
  'PROC-42: assigned support engineer': [
    ['Global: Signature brings it', global([charges(SIGNATURE)]), { sub_ss_enterprise: true, sub_ss_ase: true }],
    ['US Gov: it does not', usGov([charges(SIGNATURE, GOV_12)]), { sub_ss_ase: false }],
    [
      'Global: so does one that an override sets (OVR-03)',
      { ...global(one), overrides: [overriding({ sub_ss_enterprise: true })] },
      { sub_ss_enterprise: true, sub_ss_ase: true },
    ],
    [
      'after the override',
      { ...global([charges(SIGNATURE)]), overrides: [overriding({ sub_ss_ase: false })] },
      { sub_ss_ase: true },
    ],
  ],
  'PROC-44, PROC-45: FedRAMP and schedule': [
    [
      'FedRAMP brings Dedicated and 24x7',
      usGov([charges(FEDRAMP)]),
      { sub_gitlab_dedicated: true, sub_usgov_24x7: true, emergency_support_24x7: true },
    ],
    ['AMB-15 and the level agrees', usGov([charges(FEDRAMP)]), { support_level: 'ultimate' }],
    [
      'an ended one does not',
      usGov([[{ name: FEDRAMP, ...ENDED }]]),
      { sub_gitlab_dedicated: false, emergency_support_24x7: false, support_level: 'expired' },
    ],
    ['AMB-14 24x7', usGov([charges(GOV_24)]), { emergency_support_24x7: true }],
    [
      'AMB-14 24x7 by an override (OVR-03)',
      { ...usGov([charges(GOV_12)]), overrides: [overriding({ sub_usgov_24x7: true })] },
      { sub_usgov_24x7: true, emergency_support_24x7: true },
    ],
    [
      'AMB-14 24x7 that ended',
      usGov([[{ name: GOV_12 }, { name: GOV_24, ...ENDED }]]),
      { sub_usgov_24x7: false, emergency_support_24x7: false },
    ],
    ['AMB-14 12x5', usGov([charges(GOV_12)]), { emergency_support_24x7: false }],
    [
      'after the override',
      { ...usGov([charges(FEDRAMP)]), overrides: [overriding({ sub_gitlab_dedicated: false })] },
      { sub_gitlab_dedicated: true },
    ],
  ],
  'PROC-43: retention of an account that expired on 2021-12-18': [
    [
      '2024-12-18: in',
      { ...global([[{ end: '2021-12-18' }]]), today: '2024-12-18' },
      { expiration_date: '2021-12-18' },
    ],
    [
      '2024-12-19: in, equal stays',
      { ...global([[{ end: '2021-12-18' }]]), today: '2024-12-19' },
      { expiration_date: '2021-12-18' },
    ],
    ['2024-12-20: out', { ...global([[{ end: '2021-12-18' }]]), today: '2024-12-20' }, 'retention'],
    ['US Gov: out', { ...usGov([[{ name: GOV_12, end: '2021-12-18' }]]), today: '2024-12-20' }, 'retention'],
    [
      'PROC-03 leap day: 2025-02-27 is in',
      { ...global([[{ end: '2025-02-27' }]]), today: '2028-02-29' },
      { support_level: 'expired' },
    ],
    ['PROC-03 leap day: 2025-02-26 is out', { ...global([[{ end: '2025-02-26' }]]), today: '2028-02-29' }, 'retention'],
  ],
}

describe.each(Object.entries(tables))('%s', (_title, cases) => {
  test.each(cases)('%s', async (_what, given, wanted) => {
    expect(await fieldsOf(given)).toMatchObject(typeof wanted === 'string' ? { absent: wanted } : wanted)
  })
})

describe('a record', () => {
  test('PROC-12, PROC-48, ORG-03: has the fields of the table of its instance that read something, and no others', async () => {
    const overridden = new Set(['partner_customer', 'migrating', 'migration_date'])
    const inTable = (instance: Instance) => Object.keys(TABLES[instance]).filter((field) => !overridden.has(field))
    const ofGlobal = Object.keys(await fieldsOf(global(one)))
    const ofUsGov = Object.keys(await fieldsOf(usGov([charges(PREMIUM, GOV_12)])))
    expect(ofGlobal.toSorted()).toEqual(inTable('global').toSorted())
    expect(ofUsGov.toSorted()).toEqual(inTable('us_gov').toSorted())
    expect(ofGlobal).toEqual(expect.arrayContaining(['sub_ss_ase', 'sub_ss_growth', 'sub_ss_enterprise']))
    expect(ofUsGov).toContain('sub_ss_ase')
    for (const field of ['sub_ss_growth', 'sub_ss_enterprise', 'org_region', 'usgov_fedramp'])
      expect(ofUsGov).not.toContain(field)
  })

  test('PLAN-02: charges are looked up by the name of the rate plan charge, not by that of their own row', async () => {
    const row = account(one)
    const renamed = (Name: string, charge: string) => [
      {
        Name,
        Zuora__SubscriptionRatePlanChargeName__c: charge,
        Zuora__Subscription__c: '001000000000001AAA-S0',
        Zuora__EffectiveEndDate__c: '2027-01-01',
      },
    ]
    const held = (Name: string, charge: string) =>
      fieldsOf({ accounts: [{ ...row, Zuora__R00N40000001lGjTEAU__r: renamed(Name, charge) }] })
    expect(await held('Premium Support', PREMIUM)).toMatchObject({ sub_sm_premium: true })
    expect(await held(PREMIUM, 'Premium Support')).toEqual({ absent: 'no-subscription' })
  })

  test('AMB-13: does not name a field that reads nothing', async () => {
    expect(Object.keys(await fieldsOf(global(one)))).not.toContain('partner_customer')
    expect(Object.keys(await fieldsOf(global(one)))).not.toContain('migration_date')
  })

  test('SFA-06: ignores a charge whose subscription did not arrive', async () => {
    const row = account(one)
    expect(await fieldsOf({ accounts: [{ ...row, Zuora__Subscriptions__r: [{ Id: 'another' }] }] })).toEqual({
      absent: 'no-subscription',
    })
  })
})

test('the rules are in the order of PROC-40 and PROC-44, each with an id and a sentence', () => {
  expect(rules.map(({ id }) => id)).toEqual([
    'PROC-15',
    'PROC-16',
    'PROC-18',
    'PROC-19',
    'SFA-15',
    'OVR-03',
    'PROC-44',
    'PROC-30',
    'PROC-32',
    'PROC-41',
    'PROC-42',
    'PROC-45',
    'PROC-43',
    'SYN-03',
  ])
  for (const { about } of rules) expect(about).toMatch(/^[A-Z].*\.$/)
})
