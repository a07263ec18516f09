import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fields, Source, Sync } from 'zds'
import config from '../../sync.config.ts'

const TODAY = '2026-03-16'
const { global, 'us-gov': usGov } = config.targets
const { partners, 'us-gov-users': users } = config.hooks as unknown as { readonly [name: string]: Sync } // these are syncs
const customers = [global, usGov]
const organizations = [...customers, partners]
const asked = (source: Source | undefined): readonly string[] => source?.asks?.(TODAY) ?? []
const owns = (sync: Sync | undefined, fields: Fields): boolean => sync?.rules.owns?.(fields) ?? true
const protects = (sync: Sync | undefined, fields: Fields): boolean => sync?.rules.protects?.(fields) ?? false
/** All that a sync is made of, however many steps away. */
function sourcesOf(sync: Sync | undefined): Source[] {
  const open = new Set<Source>(sync && [sync.desired, sync.target])
  for (const { needs = [] } of open) for (const one of needs) open.add(one)
  return [...open]
}
const sourceIn = (sync: Sync | undefined, name: string): Source | undefined =>
  sourcesOf(sync).find((source) => source.name === name)

const SETTINGS = [
  'PROTECTED_ACCOUNT_IDS',
  'PROTECTED_USER_DOMAINS',
  'PROTECTED_USER_EMAILS',
  'PARTNER_ALLIANCE_ACCOUNT_ID',
] as const
const given = (name: (typeof SETTINGS)[number], value: string): void => void vi.stubEnv(name, value)
beforeEach(() => {
  for (const name of SETTINGS) vi.stubEnv(name, undefined)
})
afterEach(() => void vi.unstubAllEnvs())

/** The fields that a sync writes, by their types. */
function fieldsOf(sync: Sync | undefined): { readonly [type: string]: readonly string[] } {
  const fields = Object.entries(sync?.desired.types ?? {})
  const byType = Map.groupBy(fields, ([, { name }]) => name)
  return Object.fromEntries([...byType].map(([type, some]) => [type, some.map(([field]) => field).toSorted()]))
}

describe('the fields of sync.config.ts (FLD-01, FLD-06)', () => {
  const texts = ['account_owner', 'expiration_date', 'external_id', 'salesforce_id']
  const people = ['sfdc_short_id', 'solutions_architect', 'technical_account_manager']
  const checked = ['mark_for_deletion', 'migrating', 'org_in_escalated_state', 'restricted_account']
  const both = ['consumption_duo_amazon_q', 'consumption_duo_enterprise', 'consumption_duo_premium', 'gitlab_dedicated']
  const more = ['sm_premium', 'sm_ultimate', 'ss_ase']
  const boxes = (types: readonly string[], ...others: readonly string[]): string[] =>
    [...others, ...[...both, ...more, ...types].map((type) => `sub_${type}`)].toSorted()

  it('are those of Global', () => {
    const community = ['edu', 'oss', 'community_other']
    const consumption = ['consumption_cicd_minutes', 'consumption_eap', 'consumption_storage']
    const tiers = ['dotcom_premium', 'dotcom_ultimate', 'ss_growth', 'ss_enterprise']
    expect(fieldsOf(global)).toEqual({
      name: ['name'],
      text: [...texts, 'sales_segmentation', ...people].toSorted(),
      dropdown: ['account_type', 'org_region', 'support_level'],
      decimal: ['aar', 'seats_decimal'],
      date: ['migration_date'],
      checkbox: boxes([...community, ...consumption, ...tiers], ...checked, 'partner_customer', 'support_hold'),
    })
  })

  it('are those of US Government', () => {
    expect(fieldsOf(usGov)).toEqual({
      name: ['name'],
      text: [...texts, 'market_segment', ...people].toSorted(),
      dropdown: ['account_type', 'support_level'],
      decimal: ['arr'],
      integer: ['number_of_seats'],
      date: ['migration_date'],
      checkbox: boxes(['usgov_12x5', 'usgov_24x7'], ...checked, 'emergency_support_24x7', 'support_hold'),
    })
  })

  it('PART-06: are those of partners', () => {
    expect(fieldsOf(partners)).toEqual({
      name: ['name'],
      text: ['account_owner', 'external_id', 'salesforce_id', 'solutions_architect', 'technical_account_manager'],
      dropdown: ['account_type'],
      checkbox: ['mark_for_deletion', 'org_in_escalated_state', 'restricted_account', 'support_hold'],
    })
  })
})

describe('the rules of sync.config.ts', () => {
  it('SYN-08, USR-05: what is retired is marked, and nothing is removed', () => {
    for (const sync of organizations) expect(sync?.rules.retire).toEqual({ mark_for_deletion: true })
    expect(users?.rules.retire).toEqual({ not_in_sfdc: true })
  })

  it('AMB-17: every reason may retire, and each has its words', () => {
    for (const sync of [...organizations, users]) expect(sync?.rules.retireFor).toBeUndefined()
    for (const { desired } of customers)
      expect(Object.keys(desired.words ?? {})).toEqual(
        expect.arrayContaining(['no-subscription', 'retention', 'type-changed']),
      )
    expect(global.desired.words?.['retention']).toContain('more than three years and a day ago') // PROC-43
    expect(partners?.desired.words).toEqual({ 'type-changed': 'its account is no partner any more' })
  })

  it('SAFE-09: every setting that guards is checked, and told where it means no record', () => {
    const guards = (sync: Sync | undefined) => (sync?.rules.guards ?? []).map(({ setting }) => setting.name)
    expect([global, usGov, partners, users].map(guards)).toEqual([
      ['PROTECTED_ACCOUNT_IDS'],
      ['PROTECTED_ACCOUNT_IDS'],
      ['PARTNER_ALLIANCE_ACCOUNT_ID'],
      ['PROTECTED_USER_DOMAINS', 'PROTECTED_USER_EMAILS'],
    ])
  })

  it('SAFE-02: only what may rightly be empty does not stop a run: partners, contacts, overrides, who is looked up', () => {
    const empty = (sync: Sync | undefined): string[] =>
      sourcesOf(sync).flatMap(({ name, mayBeEmpty = false }) => (mayBeEmpty ? [name] : []))
    expect(empty(global).toSorted()).toEqual([
      'global-former-customers',
      'global-former-partners',
      'overrides',
      'partner-accounts',
      'partner-rows',
    ])
    expect(empty(usGov).toSorted()).toEqual(['overrides', 'us-gov-former-customers'])
    expect(sourceIn(users, 'us-gov-contacts')?.mayBeEmpty).toBe(true)
  })

  it('AMB-19: partners are read once the customers have been: who turns partner meanwhile is in both', () => {
    expect(sourceIn(partners, 'partner-rows')?.needs).toEqual([config.sources['accounts']])
  })

  it('CMP-04, PART-08: expired customers are not created, in either instance; partners are', () => {
    for (const sync of customers) {
      expect(sync.rules.holds?.({ support_level: 'expired' })).toBe('expired-not-created')
      expect(sync.rules.holds?.({ support_level: 'community' })).toBeUndefined()
    }
    expect(partners?.rules).not.toHaveProperty('holds')
  })

  it('CMP-05, CMP-06, PART-07: partners are the partner sync’s in Global, and nobody’s own in US Government', () => {
    for (const account_type of ['alliance_partner', 'open_partner', 'select_partner'])
      expect([global, usGov, partners].map((sync) => owns(sync, { account_type }))).toEqual([false, true, true])
    for (const account_type of ['customer', 'former_customer', 'partner', null])
      expect([global, usGov, partners].map((sync) => owns(sync, { account_type }))).toEqual([true, true, false])
  })

  it('CMP-07, PART-08, SAFE-10: protected accounts are those of both customer syncs, however either side writes the id', () => {
    given('PROTECTED_ACCOUNT_IDS', '001PL0000000046;"001pl0000000049yaa"')
    const keys = ['001PL0000000046YAA', ' 001PL0000000046', '001PL0000000049YAA', '001PL000000004AYAQ', null]
    for (const sync of customers)
      expect(keys.map((salesforce_id) => protects(sync, { salesforce_id }))).toEqual([true, true, true, false, false])
    given('PARTNER_ALLIANCE_ACCOUNT_ID', '001PL0000000052YAA')
    expect(keys.map((salesforce_id) => protects(partners, { salesforce_id }))).not.toContain(true)
  })

  it('SAFE-09: without the alliance’s id its organization is not retired, and other partners are', () => {
    const types = ['alliance_partner', 'open_partner']
    expect(types.map((account_type) => protects(partners, { account_type }))).toEqual([true, false])
    given('PARTNER_ALLIANCE_ACCOUNT_ID', '001PL0000000052YAA')
    expect(types.map((account_type) => protects(partners, { account_type }))).toEqual([false, false])
  })

  it('USR-02, USR-06: gitlab.com is protected unless another domain is named; only end users are touched', () => {
    const emails = ['Bot@GitLab.com', 'ada@agency.example', 'ada@staff.example', 'ada@sub.gitlab.com', null]
    expect(emails.map((email) => protects(users, { email }))).toEqual([true, false, false, false, false])
    given('PROTECTED_USER_DOMAINS', 'staff.example')
    given('PROTECTED_USER_EMAILS', 'ADA@agency.example')
    expect(emails.map((email) => protects(users, { email }))).toEqual([false, true, true, false, false])
    expect(['end-user', 'agent', 'admin'].map((role) => owns(users, { role }))).toEqual([true, false, false])
  })

  it('SAFE-05, AMB-19, AMB-20: names are unique, an external id is adopted, who desires an account takes it over', () => {
    for (const sync of organizations)
      expect(sync?.rules).toMatchObject({ unique: 'name', adopt: ['external_id'], takesOver: true })
    expect(global.rules.yields).toBe(partners?.desired)
    expect(partners?.rules.yields).toBe(global.desired)
    expect(usGov.rules.yields).toBeUndefined()
  })

  it('SAFE-01, SAFE-12: 30 % may be updated, 5 % retired; level and expiration date of a customer may fall on 2 %, and ten', () => {
    for (const sync of [...organizations, users]) expect(sync?.limits).toMatchObject({ update: 0.3, retire: 0.05 })
    const falls = { share: 0.02, least: 10 }
    for (const { limits } of customers)
      expect(limits?.fields).toMatchObject({ support_level: falls, expiration_date: { ...falls, order: 'dates' } })
    for (const sync of [...organizations, users]) expect(sync?.limits?.firstRun ?? false).toBe(false)
  })

  it('PROC-30, SAFE-12: levels are in their order, expired the last', () => {
    const levels = ['ultimate', 'gold', 'premium', 'silver', 'consumption_only', 'custom', 'community', 'expired']
    for (const { limits } of customers) expect(limits?.fields?.['support_level']?.order).toEqual(levels)
  })

  it('GEN-02, GEN-08: partners follow Global, users US Government; both wait for what they are tied to alone', () => {
    expect([partners?.after, users?.after]).toEqual([[global], [usGov]])
    expect([partners?.target, partners?.onlyTied, users?.onlyTied]).toEqual([global.target, true, true])
    expect(users?.target.instance).toBe('us-gov')
  })

  it('OPS-08: what US Government holds is told only there', () => {
    expect([global, partners, usGov, users].map((sync) => sync?.target.confined ?? false)).toEqual([
      false,
      false,
      true,
      true,
    ])
  })
})

describe('what sync.config.ts asks Salesforce for', () => {
  it('SFA-01, SFA-02: accounts that are or were customers, with all that the fields and the rules read', () => {
    const parts = asked(config.sources['accounts'])
    expect(parts[0]).toBe('Account')
    expect(parts.at(-1)).toBe("Type IN ('Customer','Former Customer')")
    expect(parts).toEqual(
      expect.arrayContaining([
        'Account_ID_18__c',
        'Name',
        'CARR_This_Account__c',
        'Ultimate_Parent_Sales_Segment_Employees__c',
        'Account_Owner_Calc__c',
        'Technical_Account_Manager_Name__c',
        'Restricted_Account__c',
        'Solutions_Architect_Lookup__r.Name',
        'Account_Demographics_Geo__c',
        'Account_Demographics_Region__c',
        'Latest_Sold_To_Contact__r.Email',
        'Latest_Sold_To_Contact__r.Name',
        'Support_Hold__c',
        'Account_Risk_Level__c',
        'Support_Instance__c',
        'Zuora__Subscriptions__r',
        'Zuora__R00N40000001lGjTEAU__r',
      ]),
    )
  })

  it('PART-02: authorized partners of two tracks, and the alliance', () => {
    given('PARTNER_ALLIANCE_ACCOUNT_ID', '001PL0000000052')
    expect(asked(config.sources['partnerRows']).at(-1)).toBe(
      "Account_ID_18__c = '001PL0000000052YAA' OR (Type = 'Partner' AND Partners_Partner_Status__c IN ('Authorized') AND Partner_Track__c IN ('Open','Select'))",
    )
  })

  it('CTC-01: active contacts with the role, a name and an address', () => {
    const parts = asked(sourceIn(users, 'us-gov-contacts'))
    expect(parts).toEqual(['Contact', 'Name', 'Email', 'Account.Account_ID_18__c', expect.any(String)])
    expect(parts.at(-1)).toBe(
      "Inactive_Contact__c = false AND Role__c INCLUDES ('Gitlab Admin') AND Name != '' AND Email != ''",
    )
  })
})
