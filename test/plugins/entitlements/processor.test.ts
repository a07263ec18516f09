import { collect, env, messageOf, text, type Desired, type Existing, type Json, type Source, type Target } from 'zds'
import {
  customers,
  entitlementChildren,
  entitlementColumns,
  entitlements,
  overrides,
  subscriptions,
} from 'zds/entitlements'
import { salesforce, salesforceIdOf } from 'zds/salesforce-source'
import { describe, expect, test } from 'vitest'
import { levelOrder } from '../../../plugins/entitlements/ranks.ts'
import { globalFields, usGovFields } from '../../support/field-tables.ts'
import { account, computed, overriding, catalogue, rowsOf, runOn, TODAY } from './support.ts'

const A = '001000000000001AAA'
const B = '001000000000002AAA'
const GOV = [{ name: '12x5 US Citizen Support - 1 Year' }, { name: 'Only For Citizens' }]

const notices = (said: readonly Desired[]) => said.filter((desired) => desired.kind === 'notice')
const others = (said: readonly Desired[]) =>
  said.filter(({ kind }) => kind !== 'notice').map(({ kind, key }) => `${kind} ${key}`)

describe('accounts that are somebody else’s', () => {
  test('AMB-19: what the partner sync wants is skipped without a word, what it does not want is not', async () => {
    const exclude: Desired[] = [
      { kind: 'record', key: A, fields: {} },
      { kind: 'absent', key: B, reason: 'gone' },
      { kind: 'record', key: '001000000000003AAA', fields: {} },
    ]
    const said = await computed({
      accounts: [account([[{ name: 'Service Desk' }]], {}, A), account([[{}]], {}, B)],
      exclude,
      elsewhere: [A, '001000000000003AAA'].map((key) => ({ key, Type: 'Partner' })),
    })
    expect(others(said)).toEqual([`record ${B}`])
    expect(notices(said)).toEqual([])
  })

  test('AMB-17, SFA-13: an account with another Type is type-changed, unless it is among the accounts after all', async () => {
    const elsewhere = [
      { key: A, Type: 'Customer' },
      { key: B, Type: null },
    ]
    const said = await computed({ accounts: [account([[{}]], {}, A)], elsewhere })
    expect(said.filter(({ kind }) => kind === 'absent')).toEqual([{ kind: 'absent', key: B, reason: 'type-changed' }])
    expect(others(said)).toContain(`record ${A}`)
  })

  test('AMB-17: one that has got the Type of a customer since the accounts were read is left, where the Type alone counts', async () => {
    const given = { accounts: [], elsewhere: [A, B].map((key) => ({ key, Type: key === A ? 'Customer' : 'customer' })) }
    const left = [{ kind: 'skip', key: A, reason: 'arrived-meanwhile' }]
    const changed = [A, B].map((key) => ({ kind: 'absent', key, reason: 'type-changed' }))
    expect(await computed({ ...given, types: ['Customer'] })).toEqual([...left, ...changed.slice(1)])
    expect(await computed(given)).toEqual(changed)
  })

  test('OPS-08: with a listing, only accounts that have an organization there are called absent', async () => {
    const listing = target([{ id: '7', fields: { salesforce_id: A } }])
    const sources = {
      accounts: rowsOf('accounts', [account([GOV], {}, A), account([GOV], {}, B)]),
      catalogue,
      overrides: rowsOf('overrides', []),
    }
    const source = entitlements({
      name: 'global-accounts',
      instance: 'global',
      side: 'global',
      ...sources,
      fields: globalFields,
      listing: { target: listing, key: 'salesforce_id' },
    })
    expect(source.needs).toContain(listing)
    expect(await collect(source.read(runOn(TODAY)))).toEqual([{ kind: 'absent', key: A, reason: 'no-subscription' }])
  })
})

describe('SAFE-10: ids that have lost their case', () => {
  const skipsOf = async (stored: readonly string[], accounts: readonly string[], partners: readonly string[] = []) => {
    const listing = target(stored.map((id, at) => ({ id: String(at), fields: { salesforce_id: id } })))
    const source = entitlements({
      name: 'global-accounts',
      instance: 'global',
      side: 'global',
      accounts: rowsOf(
        'accounts',
        accounts.map((id) => account([[{}]], {}, id)),
      ),
      catalogue,
      overrides: rowsOf('overrides', []),
      fields: globalFields,
      listing: { target: listing, key: 'salesforce_id', fold: salesforceIdOf },
      exclude: rowsOf<Desired>(
        'partners',
        partners.map((key) => ({ kind: 'record', key, fields: {} })),
      ),
    })
    const said = await collect(source.read(runOn(TODAY)))
    return said.flatMap((one) => (one.kind === 'skip' ? [`${one.key} ${one.reason}`] : []))
  }

  const MIXED = '001Pl000000000YIAQ'

  test.each([
    [' 001pl000000000y', '001pl000000000yAAA'],
    ['001PL000000000Y', '001PL000000000YYAQ'],
  ])(
    'an organization whose id is an account’s in another case (%s) is left: whose it is nobody knows',
    async (id, key) => {
      expect(await skipsOf([id], [MIXED, B])).toEqual([`${key} id-case-lost`])
    },
  )

  test('so are two whose ids are those of one account in other cases', async () => {
    const ids = ['001pl000000000y', '001PL000000000Y']
    expect(await skipsOf(ids, [MIXED, B])).toEqual([
      '001pl000000000yAAA id-case-lost',
      '001PL000000000YYAQ id-case-lost',
    ])
  })

  test('so is one whose id is a partner’s in another case, but not one that is a partner’s as it is (AMB-19)', async () => {
    expect(await skipsOf(['001pl000000000y'], [B], [MIXED])).toEqual(['001pl000000000yAAA id-case-lost'])
    expect(await skipsOf(['001pl000000000y'], [MIXED], ['001pl000000000yAAA'])).toEqual([])
  })

  test('one that is an account’s as it is, that its last letters prove, or that no account is like is in no doubt', async () => {
    expect(await skipsOf(['001pl000000000y'], [MIXED, '001pl000000000yAAA'])).toEqual([])
    expect(await skipsOf(['001pl000000000yAAA', '001pL000000000y', '001pl000000000z'], [MIXED])).toEqual([])
  })
})

describe('notices', () => {
  test('AMB-03: one for each unknown charge name, with accounts, quantity and the nearest known name', async () => {
    const slip = { name: 'Self-Managed - Premium - 1 Yaer', quantity: 5 }
    const ids = ['001000000000004AAA', '001000000000003AAA', B, A]
    const said = await computed({ accounts: ids.map((id) => account([[{}, slip, slip]], {}, id)) })
    expect(notices(said)).toEqual([
      {
        kind: 'notice',
        code: 'unknown-charge',
        key: slip.name,
        message:
          'the charge "Self-Managed - Premium - 1 Yaer" is not in test/fixtures/worlds/plain/plans.yaml and grants nothing: ' +
          `4 accounts (${A}, ${B}, 001000000000003AAA, …), total quantity 40; the nearest name there is "Self-Managed - Premium - 1 Year"`,
      },
    ])
  })

  test.each([
    ['one blank for two', 'Dedicated - Administration Fee [XLarge] - 1 Year', 'blanks'],
    ['three blanks for two', 'Dedicated - Administration Fee   [XLarge] - 1 Year', 'blanks'],
    ['a blank that does not break', 'Dedicated - Administration Fee\u00A0[XLarge] - 1 Year', 'blanks'],
    ['a blank at its end', 'Dedicated - Administration Fee  [XLarge] - 1 Year ', 'blanks'],
    ['another dash', 'Dedicated – Administration Fee  [XLarge] - 1 Year', 'dashes'],
    ['another case', 'Dedicated - Administration fee  [XLarge] - 1 year', 'case'],
    ['all of it', 'Dedicated – Administration fee [XLarge] - 1 Year', 'blanks and dashes and case'],
  ])(
    'AMB-03, PLAN-04: nearest is the name that looks the same, with what nobody sees: %s',
    async (_what, name, differs) => {
      const [told] = notices(await computed({ accounts: [account([[{}, { name }]])] }))
      const near = '"Dedicated - Administration Fee  [XLarge] - 1 Year"'
      expect(told?.message).toContain(`; the nearest name there is ${near}, which differs in its ${differs} only`)
    },
  )

  test('AMB-03, AMB-07: a charge without a name, a quantity or an end is told all the same, of an account once', async () => {
    const nameless = { name: null, quantity: null }
    const row = account([[{}, nameless, { ...nameless, quantity: 3 }, { name: null, end: null }]])
    expect(notices(await computed({ accounts: [row] })).map(({ code, key, message }) => [code, key, message])).toEqual([
      ['charge-without-end', A, 'charges without an end date never count: "(without a name)"'],
      [
        'unknown-charge',
        '(without a name)',
        `the charge "(without a name)" is not in test/fixtures/worlds/plain/plans.yaml and grants nothing: 1 account (${A}), total quantity 13`,
      ],
    ])
  })

  test('AMB-03: an account counts once for each name that it has', async () => {
    const row = account([[{}, { name: 'X' }, { name: 'Y' }, { name: 'Y' }]])
    const told = notices(await computed({ accounts: [row] })).map(({ message }) => message)
    expect(told.map((message) => /grants nothing: (.*) \(/.exec(message)?.[1])).toEqual(['1 account', '1 account'])
  })

  test('AMB-03: the total of fractions is the same in whatever order the accounts come', async () => {
    const totalOf = async (...quantities: number[]) => {
      const accounts = quantities.map((quantity, n) =>
        account([[{}, { name: 'X', quantity }]], {}, `00100000000000${n}AAA`),
      )
      return notices(await computed({ accounts })).map(({ message }) => /total quantity ([\d.,]+)/.exec(message)?.[1])
    }
    expect(await totalOf(0.1, 0.2, 0.3)).toEqual(['0.6'])
    expect(await totalOf(0.3, 0.2, 0.1)).toEqual(['0.6'])
    expect(await totalOf(112_338.5, 0.25)).toEqual(['112,338.75'])
  })

  test('AMB-03, OPS-08: an unknown charge of a US Government subscription is reported there and nowhere else', async () => {
    const accounts = [account([[{}], GOV])]
    expect(JSON.stringify(await computed({ accounts }))).not.toContain('Citizens')
    expect(notices(await computed({ accounts, instance: 'us_gov' })).map(({ key }) => key)).toEqual([
      'Only For Citizens',
    ])
  })

  test('a subscription type that no table has a field for is reported, where an account has it (PLAN-01)', async () => {
    const tables = { global: { sub_sm_premium: globalFields.sub_sm_premium }, 'us-gov': usGovFields }
    const ultimate = { name: 'SaaS - Ultimate - 1 Year' }
    const accounts = [
      account([[{}, ultimate]]),
      account([[ultimate]], {}, B),
      account([[{}]], {}, '001000000000003AAA'),
    ]
    expect(notices(await computed({ accounts, tables }))).toEqual([
      {
        kind: 'notice',
        code: 'type-without-field',
        key: 'sub_dotcom_ultimate',
        message:
          'no field shows the subscription type sub_dotcom_ultimate of test/fixtures/worlds/plain/plans.yaml, ' +
          `which 2 accounts (${A}, ${B}) have: it counts for the level, and agents do not see it; add subscriptions('sub_dotcom_ultimate') to a field table of the configuration (sync.config.ts)`,
      },
    ])
    expect(notices(await computed({ accounts, tables: { global: globalFields } }))).toEqual([])
  })

  test('SAFE-12: levels that the plans file has in another order than the limit of falls are reported', async () => {
    const told = async (levelOrder?: readonly Json[]) =>
      notices(await computed({ accounts: [], ...(levelOrder && { levelOrder }) }))
    const order = ['ultimate', 'gold', 'premium', 'silver', 'consumption_only', 'custom', 'community', 'expired']
    expect(await told(order)).toEqual([])
    expect(await told()).toEqual([])
    expect(await told(['platinum', 'community', 'ultimate'])).toEqual([
      {
        kind: 'notice',
        code: 'levels-reordered',
        key: 'ultimate',
        message:
          'test/fixtures/worlds/plain/plans.yaml has the level ultimate above community, and the limit of the configuration ' +
          'has it below: an account with both gets ultimate. Correct the one that is wrong',
      },
    ])
  })

  test('the order of levels is that of the limit of the field that reads them', () => {
    const level = { share: 0.02, order: ['ultimate', 'expired'] }
    const limits = { fields: { expiration_date: { order: 'dates' as const }, support_level: level } }
    expect(levelOrder(globalFields, limits)).toEqual(['ultimate', 'expired'])
    expect(levelOrder(globalFields, { fields: { support_level: { share: 0.02 } } })).toBeUndefined()
    expect(levelOrder(globalFields)).toBeUndefined()
  })

  test('AMB-07: a charge without an end is reported', async () => {
    const said = await computed({ accounts: [account([[{}, { name: 'SaaS - Ultimate - 1 Year', end: null }]])] })
    expect(notices(said)).toEqual([
      {
        kind: 'notice',
        code: 'charge-without-end',
        key: A,
        message: 'charges without an end date never count: "SaaS - Ultimate - 1 Year"',
      },
    ])
  })

  test('OVR-04: an override that expired, meets no account, or a skipped one is reported with its line', async () => {
    const said = await computed({
      accounts: [account([[{}]], {}, A), account([], {}, B)],
      overrides: [
        overriding({ account_owner: 'Ada' }, { where: 'o.yaml:1' }),
        overriding({ account_owner: 'Ada' }, { where: 'o.yaml:2', expires_on: '2026-03-15' }),
        overriding({ account_owner: 'Ada' }, { where: 'o.yaml:3', salesforce_id: B }),
        overriding({ account_owner: 'Ada' }, { where: 'o.yaml:4', salesforce_id: '001000000000009AAA' }),
        overriding(
          { account_owner: 'Ada' },
          { where: 'o.yaml:5', salesforce_id: '001000000000009AAA', instance: 'us_gov' },
        ),
      ],
    })
    expect(notices(said).map(({ code, key, message }) => [code, key, /o\.yaml:\d/.exec(message)?.[0]])).toEqual([
      ['override-expired', A, 'o.yaml:2'],
      ['override-without-account', B, 'o.yaml:3'],
      ['override-without-account', '001000000000009AAA', 'o.yaml:4'],
    ])
  })

  test('OPS-08: an override for both instances of an account of one is no news in the other', async () => {
    const given = { accounts: [account([GOV])], overrides: [overriding({ account_owner: 'Ada' })] }
    expect(notices(await computed(given))).toEqual([])
    expect(notices(await computed({ ...given, instance: 'us_gov' })).map(({ code }) => code)).toEqual([
      'unknown-charge',
    ])
  })
})

describe('ROW_INVALID', () => {
  const row = account([[{}]])
  const [charge] = row['Zuora__R00N40000001lGjTEAU__r'] as readonly { readonly [column: string]: Json }[] // as account() made it
  const charged = (change: { readonly [column: string]: Json }) => ({
    ...row,
    Zuora__R00N40000001lGjTEAU__r: [{ ...charge, ...change }],
  })

  test.each<readonly [string, Json, string]>([
    ['no id', { ...row, Account_ID_18__c: null }, 'row 1: Account_ID_18__c'],
    ['not an object', 'row', 'row 1: Account_ID_18__c'],
    [
      'subscriptions that are no list',
      { ...row, Zuora__Subscriptions__r: { records: [] } },
      `${A}: Zuora__Subscriptions__r: must be a list`,
    ],
    ['a subscription without an id', { ...row, Zuora__Subscriptions__r: [{}] }, `${A}, Zuora__Subscriptions__r[0]: Id`],
    [
      'a date that is none',
      charged({ Zuora__EffectiveEndDate__c: '2026-02-30' }),
      `${A}, Zuora__R00N40000001lGjTEAU__r[0]: Zuora__EffectiveEndDate__c: must be a date`,
    ],
    [
      'a quantity that is no number',
      charged({ Zuora__Quantity__c: '10' }),
      'Zuora__Quantity__c: must be a number, not "10"',
    ],
    [
      'revenue that is no number',
      { ...row, CARR_This_Account__c: 'much' },
      `${A}: CARR_This_Account__c: must be a number`,
    ],
    [
      'a value that its field cannot hold',
      { ...row, Support_Hold__c: 'no' },
      `${A}: Support_Hold__c: the field support_hold must be true or false`,
    ],
  ])('%s', async (_what, bad, message) => {
    const failure = await computed({ accounts: [bad] }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ROW_INVALID' })
    expect(messageOf(failure)).toContain(message)
  })

  test('missing columns are empty ones', async () => {
    expect(await computed({ accounts: [{ Account_ID_18__c: A }] })).toEqual([
      { kind: 'absent', key: A, reason: 'no-subscription' },
    ])
  })
})

describe('the configuration', () => {
  const sources = { accounts: rowsOf('accounts', []), catalogue, overrides: rowsOf('overrides', []) }

  test('a fact that nothing computes is refused, with the nearest one', async () => {
    const source = entitlements({
      name: 'x',
      instance: 'global',
      side: 'global',
      ...sources,
      fields: subscriptions('sub_sm_premum', 'sub_edu'),
    })
    await expect(collect(source.read(runOn(TODAY)))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [{ where: 'global.sub_sm_premum', hint: 'Did you mean "sub_sm_premium"?' }],
    })
  })

  test('it is refused before anything is read, too (SAFE-07)', async () => {
    const fields = subscriptions('sub_sm_premum')
    const source = entitlements({ name: 'x', instance: 'global', side: 'global', ...sources, fields })
    await expect(source.check?.(runOn(TODAY))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      issues: [{ where: 'global.sub_sm_premum' }],
    })
  })

  test.each([
    ['columns', { columns: [] }, 'does not ask for CARR_This_Account__c'],
    ['child lists', { children: () => [] }, 'does not ask for Zuora__Subscriptions__r'],
    ['a field table', { columnsOf: [] }, 'does not ask for Industry'],
  ])('accounts whose query lacks %s are refused: what is not asked for would be emptied', (_what, lacking, says) => {
    const fields = { industry: text('Industry') }
    const crm = salesforce({ loginUrl: env('U'), clientId: env('C'), clientSecret: env('S') })
    const query = {
      name: 'accounts',
      object: 'Account',
      key: 'Account_ID_18__c',
      columnsOf: [fields],
      columns: entitlementColumns,
      children: entitlementChildren,
    }
    const of = (accounts: Source) =>
      entitlements({ name: 'x', instance: 'global', side: 'global', ...sources, accounts, fields })
    expect(() => of(crm.rows(query))).not.toThrow()
    expect(() => of(crm.rows({ ...query, ...lacking }))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        issues: expect.arrayContaining([expect.objectContaining({ where: 'accounts', message: says })]) as unknown,
      }) as Error,
    )
  })

  test('an option that does not exist is refused', () => {
    const options = {
      name: 'x',
      instance: 'global',
      side: 'global' as const,
      ...sources,
      fields: globalFields,
      elsewere: rowsOf('elsewhere', []),
    }
    expect(() => entitlements(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('SFA-02, AMB-01: the child queries reach back to the retention horizon', () => {
    expect(entitlementChildren('2026-11-24')).toMatchObject([
      {
        relationship: 'Zuora__Subscriptions__r',
        where: "Zuora__Status__c != 'Cancelled' AND Zuora__SubscriptionEndDate__c >= 2023-11-23",
      },
      {
        relationship: 'Zuora__R00N40000001lGjTEAU__r',
        where: "Subscription_Status__c != 'Cancelled' AND Zuora__EffectiveEndDate__c >= 2023-11-23",
      },
    ])
    expect(entitlementColumns).toContain('Support_Instance__c')
  })

  test('customers and overrides refuse options of another name: without its partners a sync retires theirs', () => {
    const refused = (make: () => unknown, hint: string) =>
      expect(make).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          issues: [expect.objectContaining({ hint })] as unknown,
        }) as Error,
      )
    const of = {
      organizations: target([]),
      side: 'global',
      fields: globalFields,
      crm: {},
      rules: { key: 'salesforce_id' },
    }
    const parts = { ...sources, ...of, accounts: rowsOf('accounts', []) }
    refused(() => customers({ ...parts, partner: {} } as never), 'Did you mean "partners"?')
    refused(() => overrides({ from: env('O'), fields: {}, catalog: {} } as never), 'Did you mean "catalogue"?')
  })

  test('a third instance is computed as Global is', async () => {
    const source = entitlements({
      name: 'x',
      instance: 'apac',
      side: 'global',
      ...sources,
      accounts: rowsOf('accounts', [account([[{ name: 'Success Signature - 1 Year' }]])]),
      fields: globalFields,
    })
    expect(await collect(source.read(runOn(TODAY)))).toMatchObject([{ kind: 'record', fields: { sub_ss_ase: true } }])
  })

  test('the rules are those of the side that is said, whatever the instance is called', async () => {
    const source = entitlements({
      name: 'x',
      instance: 'federal',
      side: 'us_government',
      ...sources,
      accounts: rowsOf('accounts', [account([[{ name: '12x5 US Citizen Support - 1 Year' }]])]),
      fields: usGovFields,
    })
    expect(await collect(source.read(runOn(TODAY)))).toMatchObject([
      { kind: 'record', fields: { sub_usgov_12x5: true, emergency_support_24x7: false } },
    ])
  })

  test.each([
    ['its target is another', { listing: { target: target([]), key: 'salesforce_id' } }, 'Did you mean "global"?'],
    [
      'overrides do not know it',
      { overrides: { ...sources.overrides, tables: { global: {}, 'us-gov': {} } } },
      'Did you mean',
    ],
  ])('an instance that nothing knows is refused: %s', (_why, more, hint) => {
    const instance = 'globl'
    expect(() =>
      entitlements({
        name: 'x',
        instance,
        side: 'global',
        ...sources,
        accounts: rowsOf('accounts', []),
        fields: globalFields,
        ...more,
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'x: there is no instance "globl"',
        hint: expect.stringContaining(hint) as string,
      }),
    )
  })

  test('us_gov means us-gov', () => {
    const known = { ...sources.overrides, tables: { us_gov: {} } }
    const given = { ...sources, overrides: known, accounts: rowsOf('accounts', []), fields: usGovFields }
    expect(() => entitlements({ name: 'x', instance: 'us-gov', side: 'us_government', ...given })).not.toThrow()
  })

  test('progress is told now and then', async () => {
    const said: string[] = []
    const many = rowsOf(
      'accounts',
      Array.from({ length: 20_000 }, () => ({ Account_ID_18__c: A })),
    )
    await collect(
      entitlements({
        name: 'global-accounts',
        instance: 'global',
        side: 'global',
        ...sources,
        accounts: many,
        fields: {},
      }).read(runOn(TODAY, said)),
    )
    expect(said).toEqual(['global-accounts: 10,000 accounts', 'global-accounts: 20,000 accounts'])
  })
})

function target(existing: readonly Existing[]): Target {
  return {
    ...rowsOf('global-organizations', existing),
    instance: 'global',
    resource: 'organizations',
    types: { salesforce_id: text.type },
    ops: [],
    staleness: 'none',
    address: () => '',
    async *refetch() {},
    async *settle() {},
    async *apply() {},
  }
}
