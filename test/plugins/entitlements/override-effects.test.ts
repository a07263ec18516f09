import type { JsonObject } from 'zds'
import { describe, expect, test } from 'vitest'
import { account, fieldsOf, overriding, TODAY, type ChargeSpec, type Given } from './support.ts'

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
