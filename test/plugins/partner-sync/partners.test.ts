import { describe, expect, it } from 'vitest'
import { type Fields, type Setting, type Sync } from 'zds'
import { isPartner, partnerSync, partnerType } from 'zds/partner-sync'
import { absent, compared, held, sourceOf, syncOf, table, targetOf, wanted, type Scene } from '../../support/syncs.ts'

const alliance: Setting = { name: 'ALLIANCE', peek: () => 'ALLIANCE-ID', read: () => 'ALLIANCE-ID' }
const unset: Setting = { ...alliance, peek: () => undefined }

const customers = syncOf({ owns: (one) => !isPartner(one) })
const partners: Sync = partnerSync({ after: customers, desired: sourceOf('partner-accounts'), fields: table })

const partner = (key: string, fields: Fields = {}) =>
  wanted(key, { name: `Partner ${key}`, account_type: 'open_partner', ...fields })
const open = (id: string, key: string | null, fields: Fields = {}) =>
  held(id, key, { name: `Partner ${key}`, account_type: 'open_partner', ...fields })
const told = async (scene: Scene, sync: Sync = partners) =>
  [...(await compared(scene, sync)).changes].map(({ op, key, fields }) => [op, key, ...Object.keys(fields)].join(' '))

describe('PART-03: the account type', () => {
  it.each([
    ['ALLIANCE-ID', 'Open', 'alliance_partner'],
    ['ALLIANCE-ID', null, 'alliance_partner'],
    ['X', 'Open', 'open_partner'],
    ['X', 'Select', 'select_partner'],
    ['X', 'select', null],
    ['X', 'Technology', null],
    ['X', null, null],
  ] as const)('of %s with track %s is %s: the first match wins', (id, track, type) => {
    expect(partnerType(alliance)(id, track)).toBe(type)
  })

  it('an alliance id that is not set matches nobody', () => {
    expect(partnerType(unset)(null, 'Open')).toBe('open_partner')
  })
})

describe('PART-07, PROC-05: whose an organization is', () => {
  it.each(['alliance_partner', 'open_partner', 'select_partner'])('%s makes it a partner’s', (type) => {
    expect(isPartner({ account_type: type })).toBe(true)
  })
  it.each(['customer', 'former_customer', 'authorized_reseller', 'partner', '', null])('%s does not', (type) => {
    expect(isPartner({ account_type: type })).toBe(false)
  })
  it('without the field it is nobody’s partner', () => {
    expect(isPartner({})).toBe(false)
  })
})

describe('the plan of the partner sync', () => {
  it('PART-08, PART-09: creates, updates and retires by salesforce_id, without exclusions', async () => {
    const scene: Scene = {
      desired: [partner('NEW'), partner('HAS', { support_hold: true }), partner('SAME')],
      existing: [open('1', 'HAS'), open('2', 'SAME'), open('3', 'GONE'), open('4', 'OLD', { mark_for_deletion: true })],
    }
    expect(await told(scene)).toEqual([
      'create NEW salesforce_id mark_for_deletion name account_type',
      'update HAS support_hold',
      'retire GONE mark_for_deletion',
    ])
    expect(partners.rules).not.toHaveProperty('protects')
    expect(partners.rules).not.toHaveProperty('holds')
  })

  it('PART-08: expired partners are created, since only the customer syncs hold those', async () => {
    expect(await told({ desired: [partner('E', { support_level: 'expired' })] })).toHaveLength(1)
  })

  it('AMB-18: one that is back is unmarked', async () => {
    expect(await told({ desired: [partner('A')], existing: [open('1', 'A', { mark_for_deletion: true })] })).toEqual([
      'update A mark_for_deletion',
    ])
  })

  it('AMB-19, PART-10: an organization of a customer that turned partner is adopted by an update, never created twice', async () => {
    const existing = [held('1', 'A', { name: 'Partner A', account_type: 'customer', external_id: null, aar: 5 })]
    const { changes } = await compared({ desired: [partner('A', { external_id: 'A' })], existing }, partners)
    expect(changes).toEqual([
      {
        op: 'update',
        name: 'Partner A',
        key: 'A',
        id: '1',
        fields: { account_type: { from: 'customer', to: 'open_partner' }, external_id: { from: null, to: 'A' } },
      },
    ])
  })

  it('AMB-19: a customer’s organization that no partner wants is not the partner sync’s to retire', async () => {
    expect(await told({ existing: [held('1', 'A', { account_type: 'customer' })], ownedElsewhere: true })).toEqual([])
  })

  it('AMB-19: an account that the customer sync desires stays with it, though its account type still says partner', async () => {
    expect(partners.rules.yields).toBe(customers.desired)
    const scene: Scene = {
      desired: [partner('A', { support_hold: true })],
      existing: [open('1', 'A'), open('2', 'B')],
      yielded: ['A', 'B'],
    }
    const plan = await compared(scene, partners)
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([
      ['A', 'not-owned'],
      ['B', 'not-owned'],
    ])
  })

  it('PART-06: fields that the partner sync does not own stay as they are', async () => {
    const { changes } = await compared(
      { desired: [partner('A', { support_hold: true })], existing: [open('1', 'A', { aar: 99 })] },
      partners,
    )
    expect(Object.keys([...changes][0]?.fields ?? {})).toEqual(['support_hold'])
  })

  it('AMB-20: a name that a customer’s organization has, or a customer’s object wants, is not taken', async () => {
    const existing = [held('9', 'CUSTOMER', { name: 'Taken ' })]
    const plan = await compared(
      { desired: [partner('A', { name: 'TAKEN' })], existing, ownedElsewhere: true },
      partners,
    )
    expect(plan).toMatchObject({ changes: [], skipped: [{ key: 'A', reason: 'name-taken' }] })
    const rivals = [[wanted('CUSTOMER', { name: 'partner a' })]]
    expect(await compared({ desired: [partner('A')], rivals }, partners)).toMatchObject({
      changes: [],
      skipped: [{ reason: 'name-taken' }],
    })
  })

  it('AMB-16: two organizations with one id are both left and reported', async () => {
    const plan = await compared(
      { desired: [partner('A', { support_hold: true })], existing: [open('1', 'A'), open('2', 'A')] },
      partners,
    )
    expect(plan.changes).toEqual([])
    expect(plan.skipped.map(({ reason, id }) => [reason, id])).toEqual([
      ['duplicate-key', '1'],
      ['duplicate-key', '2'],
    ])
  })

  it('SAFE-09: the alliance partner is not retired where nobody says which account it is; its variable may be missing', async () => {
    const syncWith = (setting: Setting): Sync =>
      partnerSync({ after: customers, desired: sourceOf('partner-accounts'), fields: table, alliance: setting })
    const existing = [open('1', 'OLD', { account_type: 'alliance_partner' }), open('2', 'GONE')]
    const scene: Scene = { desired: [partner('NEW')], existing: [...existing] }
    const plan = await compared(scene, syncWith(unset))
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['create NEW', 'retire GONE'])
    expect(plan.skipped).toMatchObject([{ key: 'OLD', id: '1', reason: 'protected' }])
    expect(await told(scene, syncWith(alliance))).toContain('retire OLD mark_for_deletion')
  })

  it('AMB-17: a mark says why: gone, or another type', async () => {
    const { changes } = await compared(
      { desired: [absent('T', 'type-changed')], existing: [open('1', 'T'), open('2', 'G')] },
      partners,
    )
    expect([...changes].map(({ key, reason }) => [key, reason])).toEqual([
      ['G', 'gone'],
      ['T', 'type-changed'],
    ])
  })

  it('SAFE-05: an empty external id alone is no reason for an update, and another one is left', async () => {
    expect(
      await told({ desired: [partner('A', { external_id: 'A' })], existing: [open('1', 'A', { external_id: null })] }),
    ).toEqual([])
    const other = {
      desired: [partner('A', { external_id: 'A', support_hold: true })],
      existing: [open('1', 'A', { external_id: 'other' })],
    }
    expect(await told(other)).toEqual(['update A support_hold'])
  })

  it('GEN-02: comes after the customers and writes to their target', () => {
    expect(partners).toMatchObject({ kind: 'sync', target: customers.target, after: [customers] })
  })
})

describe('options', () => {
  it('a table without a field that the rules speak of, and an unknown option, are told at once', () => {
    const { mark_for_deletion: _, ...fields } = table
    // What a user without a compiler could write.
    const wrong = { after: customers, desired: sourceOf('p'), fields, limit: {} } as never
    expect(() => partnerSync(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('partnerSync') as string,
      }) as Error,
    )
    expect(() =>
      partnerSync({ after: customers, desired: sourceOf('p'), fields: table, limits: { retire: 0.1 } }),
    ).not.toThrow()
    expect(targetOf().instance).toBe('global')
  })
})
