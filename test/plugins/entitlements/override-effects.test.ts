import type { JsonObject } from 'zds'
import { describe, expect, test } from 'vitest'
import { account, computed, fieldsOf, overriding, TODAY, type ChargeSpec, type Given } from './support.ts'

type Case = readonly [what: string, given: Given, fields: JsonObject | string]

const global = (charges: readonly ChargeSpec[], columns: JsonObject = {}): Given => ({
  accounts: [account(charges.length > 0 ? [charges] : [], columns)],
})
const one = [{}]
const GOV_12 = '12x5 US Citizen Support - 1 Year'

const cases: readonly Case[] = [
  [
    'a subscription changes the level',
    { ...global(one), overrides: [overriding({ sub_sm_ultimate: true })] },
    { sub_sm_ultimate: true, support_level: 'ultimate' },
  ],
  [
    'a level is computed anew',
    { ...global(one), overrides: [overriding({ support_level: 'ultimate' })] },
    { support_level: 'premium' },
  ],
  [
    'a type is computed anew',
    { ...global(one), overrides: [overriding({ account_type: 'former_customer' })] },
    { account_type: 'customer' },
  ],
  ['revenue is computed anew', { ...global(one), overrides: [overriding({ aar: 1 })] }, { aar: 12_000.5 }],
  [
    'an expiration date keeps an account',
    { ...global([{ end: '2020-01-01' }]), overrides: [overriding({ expiration_date: '2026-01-01' })] },
    { expiration_date: '2026-01-01' },
  ],
  [
    'an expiration date ends an account',
    { ...global(one), overrides: [overriding({ expiration_date: '2020-01-01' })] },
    'retention',
  ],
  [
    'a skipped account stays skipped',
    { ...global([]), overrides: [overriding({ expiration_date: '2027-01-01' })] },
    'no-subscription',
  ],
  [
    'text',
    { ...global(one), overrides: [overriding({ technical_account_manager: 'Ada' })] },
    { technical_account_manager: 'Ada' },
  ],
  [
    'empty',
    { ...global(one, { Account_Owner_Calc__c: 'Bob' }), overrides: [overriding({ account_owner: null })] },
    { account_owner: null },
  ],
  [
    'seats and region last',
    { ...global(one), overrides: [overriding({ seats_decimal: 3, org_region: 'org_region_emea' })] },
    { seats_decimal: 3, org_region: 'org_region_emea' },
  ],
  [
    'AMB-05 both instances',
    { ...global([{ name: GOV_12 }]), instance: 'us_gov', overrides: [overriding({ account_owner: 'Ada' })] },
    { account_owner: 'Ada' },
  ],
  [
    'AMB-04 only the other instance',
    { ...global(one), overrides: [overriding({ account_owner: 'Ada' }, { instance: 'us_gov' })] },
    { account_owner: null },
  ],
  [
    'AMB-04 on its last day',
    { ...global(one), overrides: [overriding({ account_owner: 'Ada' }, { expires_on: TODAY })] },
    { account_owner: 'Ada' },
  ],
  [
    'AMB-04 a day later',
    { ...global(one), overrides: [overriding({ account_owner: 'Ada' }, { expires_on: '2026-03-15' })] },
    { account_owner: null },
  ],
  [
    'AMB-13 an unmanaged field',
    { ...global(one), overrides: [overriding({ partner_customer: true })] },
    { partner_customer: true },
  ],
  [
    'two entries for different fields',
    { ...global(one), overrides: [overriding({ account_owner: 'Ada' }), overriding({ sub_edu: true })] },
    { account_owner: 'Ada', sub_edu: true },
  ],
]

describe('OVR-03, OVR-04: the effect of an override', () => {
  test.each(cases)('%s', async (_what, given, wanted) => {
    expect(await fieldsOf(given)).toMatchObject(typeof wanted === 'string' ? { absent: wanted } : wanted)
  })
})

describe('OVR-04: an override without effect is told', () => {
  const noticesOf = async (given: Given): Promise<string[]> =>
    (await computed(given)).flatMap((one) =>
      one.kind === 'notice' && one.code.startsWith('override-') ? [`${one.code} ${one.key}: ${one.message}`] : [],
    )
  const told = (field: string, why: string): string =>
    `override-without-effect 001000000000001AAA: the override at overrides.yaml:1 sets ${field}, but ${why}`
  const ANYWAY = 'the record would be the same without it'

  test.each<[string, Given, string[]]>([
    [
      'what is so anyway',
      { ...global(one), overrides: [overriding({ sub_sm_premium: true })] },
      [told('sub_sm_premium', ANYWAY)],
    ],
    [
      'of two fields the one',
      { ...global(one), overrides: [overriding({ sub_sm_premium: true, sub_edu: true })] },
      [told('sub_sm_premium', ANYWAY)],
    ],
    [
      'a level',
      { ...global(one), overrides: [overriding({ support_level: 'silver' })] },
      [told('support_level', 'it is computed after the overrides. Set sub_dotcom_premium: true instead.')],
    ],
    [
      'a type',
      { ...global(one), overrides: [overriding({ account_type: 'former_customer' })] },
      [
        told(
          'account_type',
          'it is computed after the overrides. It follows from the level: set the subscriptions that decide it, such as sub_sm_ultimate: true.',
        ),
      ],
    ],
    [
      'revenue',
      { ...global(one), overrides: [overriding({ aar: 1 })] },
      [told('aar', 'it is computed after the overrides. Correct CARR_This_Account__c of the account in Salesforce.')],
    ],
    [
      'what a later rule sets',
      { ...global([{ name: 'Success Signature - 1 Year' }]), overrides: [overriding({ sub_ss_ase: false })] },
      [told('sub_ss_ase', ANYWAY)],
    ],
    ['what has one', { ...global(one), overrides: [overriding({ sub_sm_ultimate: true, account_owner: 'Ada' })] }, []],
    [
      'what keeps or ends an account',
      { ...global(one), overrides: [overriding({ expiration_date: '2020-01-01' })] },
      [],
    ],
    [
      'one that has ended',
      { ...global(one), overrides: [overriding({ sub_sm_premium: true }, { expires_on: '2026-03-15' })] },
      ['override-expired 001000000000001AAA: the override at overrides.yaml:1 ended on 2026-03-15 and is ignored'],
    ],
    [
      'one without an account',
      { ...global([]), overrides: [overriding({ sub_edu: false })] },
      [
        'override-without-account 001000000000001AAA: the override at overrides.yaml:1 has no effect: no account with this id has a subscription for this instance',
      ],
    ],
  ])('%s', async (_what, given, notices) => expect(await noticesOf(given)).toEqual(notices))
})
