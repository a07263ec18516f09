import { describe, expect, it } from 'vitest'
import { absent, compared, held, isPartner, syncOf, wanted } from '../../support/syncs.ts'

describe('records whose key is in doubt', () => {
  it('AMB-16, CMP-09: a record without a key is never touched, only reported', async () => {
    const plan = await compared({
      existing: [held('1', null, { name: 'Stray' }), held('2', '', { name: '', mark_for_deletion: true })],
    })
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toEqual([
      { key: '', reason: 'no-key', id: '1', name: 'Stray' },
      { key: '', reason: 'no-key', id: '2' },
    ])
  })

  it('AMB-16: a record without a key that no sync answers for is reported all the same', async () => {
    const owns = syncOf({ owns: (existing) => !isPartner(existing) })
    const existing = [held('1', null, { account_type: 'open_partner' })]
    expect((await compared({ existing, ownedElsewhere: true }, owns)).skipped).toEqual([])
    expect((await compared({ existing, ownedElsewhere: false }, owns)).skipped).toMatchObject([
      { reason: 'no-key', id: '1' },
    ])
  })

  it('AMB-16: of two records with one key neither is touched, desired or not', async () => {
    const existing = [held('1', 'A', { aar: 1 }), held('2', 'A', { aar: 2 })]
    const reports = [
      { key: 'A', reason: 'duplicate-key', id: '1' },
      { key: 'A', reason: 'duplicate-key', id: '2' },
    ]
    for (const desired of [[], [wanted('A', { aar: 3 })], [absent('A', 'gone')]]) {
      expect(await compared({ desired, existing })).toMatchObject({ changes: [], skipped: reports })
    }
  })

  it('AMB-16: two desired records of one key write nothing, with or without a record', async () => {
    const desired = [wanted('A', { name: 'One' }), wanted('A', { name: 'Two' })]
    for (const existing of [[], [held('1', 'A', { name: 'Old' })]]) {
      const plan = await compared({ desired, existing })
      expect(plan.changes).toEqual([])
      expect(plan.skipped.map(({ reason, name }) => [reason, name])).toEqual([
        ['duplicate-key', 'One'],
        ['duplicate-key', 'Two'],
      ])
    }
  })

  it('a desired record without a key is refused, as it would be lost without a word', async () => {
    await expect(compared({ desired: [wanted('', { name: 'Nobody' })] })).rejects.toMatchObject({
      code: 'ROW_INVALID',
      message: 'accounts: a desired record has no key',
      hint: expect.stringContaining('processor') as string,
    })
  })

  it('what else is said of no key, and no record, is no desired record', async () => {
    const notice = { kind: 'notice', key: '', code: 'odd', message: 'Somebody has no key' } as const
    expect(await compared({ desired: [notice], existing: [held('1', null)] })).toMatchObject({
      notices: [{ key: '', code: 'odd' }],
      skipped: [{ reason: 'no-key', id: '1' }],
    })
  })

  it('a notice is passed on and changes nothing', async () => {
    const notice = {
      kind: 'notice',
      key: 'A',
      code: 'unknown-charge',
      message: 'Premium (5 seats) is in no section',
    } as const
    const plan = await compared({ desired: [notice, wanted('A', { aar: 1 })], existing: [held('1', 'A')] })
    expect(plan.notices).toEqual([{ key: 'A', code: notice.code, message: notice.message }])
    expect([...plan.changes].map(({ op }) => op)).toEqual(['update'])
    expect(
      [...(await compared({ desired: [notice], existing: [held('1', 'A')] })).changes].map(({ op }) => op),
    ).toEqual(['retire'])
  })
})

describe('SAFE-02: what is not proved complete', () => {
  const scene = {
    desired: [wanted('A', { name: 'New' }), wanted('B', { aar: 2 })],
    existing: [held('2', 'B', { aar: 1 }), held('3', 'C')],
  }

  it('an incomplete listing of the target: no create, no retire, updates go on', async () => {
    const plan = await compared({ ...scene, complete: { existing: false } })
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['update B'])
    expect(plan.skipped).toEqual([
      { key: 'A', reason: 'incomplete-listing', name: 'New' },
      { key: 'C', reason: 'incomplete-listing', id: '3' },
    ])
  })

  it('an incomplete source: no retire; what did come is created and updated', async () => {
    const plan = await compared({ ...scene, complete: { desired: false } })
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual(['create A', 'update B'])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([['C', 'incomplete-listing']])
  })

  it.each([
    ['of which nothing is desired', { empty: true }, { desired: false }, true],
    ['of which too little is desired', { empty: false }, { desired: false }, false],
    ['of a target that was not read to its end', { empty: true }, { existing: false }, false],
  ])('SAFE-13: a retire can be released for a sync %s', async (_what, empty, complete, released) => {
    const plan = await compared({ ...empty, complete, existing: [held('3', 'C', { name: 'Old' })] })
    const fields = { mark_for_deletion: { from: false, to: true } }
    const change = { op: 'retire', key: 'C', id: '3', name: 'Old', fields, reason: 'gone' }
    const skip = { key: 'C', reason: 'incomplete-listing', id: '3', name: 'Old' }
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toStrictEqual([released ? { ...skip, change } : skip])
  })
})

describe('SAFE-05: the external id', () => {
  const desired = [wanted('A', { external_id: 'A', aar: 1 })]

  it('is set on create', async () => {
    expect([...(await compared({ desired })).changes][0]?.fields).toMatchObject({
      external_id: { from: null, to: 'A' },
    })
  })

  it('is no reason for an update where it is empty', async () => {
    expect(await compared({ desired, existing: [held('1', 'A', { external_id: null, aar: 1 })] })).toMatchObject({
      changes: [],
      skipped: [],
    })
  })

  it('is adopted by an update that happens anyway', async () => {
    const plan = await compared({ desired, existing: [held('1', 'A', { external_id: null, aar: 0 })] })
    expect([...plan.changes][0]?.fields).toEqual({ aar: { from: 0, to: 1 }, external_id: { from: null, to: 'A' } })
  })

  it('is left where it has another value', async () => {
    const plan = await compared({ desired, existing: [held('1', 'A', { external_id: 'theirs', aar: 0 })] })
    expect(Object.keys([...plan.changes][0]?.fields ?? {})).toEqual(['aar'])
  })

  it('is left by a retire', async () => {
    const plan = await compared({ existing: [held('1', 'A', { external_id: null })] })
    expect(plan.changes).toMatchObject([{ op: 'retire' }])
    expect(Object.keys([...plan.changes][0]?.fields ?? {})).toEqual(['mark_for_deletion'])
  })
})

describe('AMB-19: hand-over between two syncs of one target', () => {
  const customers = syncOf({ owns: (existing) => !isPartner(existing), takesOver: true })
  const partners = syncOf({ owns: isPartner, takesOver: true })
  const customer = held('1', 'A', { account_type: 'customer' })
  const partner = held('2', 'B', { account_type: 'select_partner' })

  it('a key that the partner sync desires is neither marked nor updated nor created by the customer sync', async () => {
    expect(await compared({ existing: [customer], yielded: ['A'] }, customers)).toMatchObject({
      changes: [],
      skipped: [{ key: 'A', reason: 'not-owned', id: '1' }],
    })
    expect(
      (await compared({ desired: [wanted('A', { aar: 9 })], existing: [customer], yielded: ['A'] }, customers)).changes,
    ).toEqual([])
    expect((await compared({ desired: [wanted('A')], yielded: ['A'] }, customers)).changes).toEqual([])
    const desired = [wanted('A'), wanted('B'), wanted('C')]
    const elsewhere = { desired, existing: [customer, partner], yielded: ['A', 'B', 'C'] }
    expect((await compared(elsewhere, customers)).inSync).toBe(0)
  })

  it('a record that the partner sync has already is no news to the customer sync', async () => {
    expect(await compared({ existing: [partner], yielded: ['B'], ownedElsewhere: true }, customers)).toMatchObject({
      changes: [],
      skipped: [],
    })
  })

  it('the partner sync adopts it by an update', async () => {
    const plan = await compared(
      { desired: [wanted('A', { account_type: 'open_partner' })], existing: [customer] },
      partners,
    )
    expect(plan.changes).toEqual([
      { op: 'update', key: 'A', id: '1', fields: { account_type: { from: 'customer', to: 'open_partner' } } },
    ])
  })

  it('a partner that is a customer again is updated by the customer sync, and left by the partner sync only if it yields', async () => {
    const back = [wanted('B', { account_type: 'customer' })]
    expect((await compared({ desired: back, existing: [partner] }, customers)).changes).toMatchObject([
      { op: 'update', id: '2' },
    ])
    expect((await compared({ existing: [partner], yielded: ['B'] }, partners)).changes).toEqual([])
    expect((await compared({ existing: [partner] }, partners)).changes).toMatchObject([{ op: 'retire', id: '2' }])
  })

  it('without takesOver, a record of somebody else is not updated although it is desired', async () => {
    const plan = await compared(
      { desired: [wanted('B', { aar: 1 })], existing: [partner] },
      syncOf({ owns: (existing) => !isPartner(existing) }),
    )
    expect(plan).toMatchObject({ changes: [], skipped: [{ key: 'B', reason: 'not-owned', id: '2' }] })
  })

  it('a record counts as existing for the sync that answers for it', async () => {
    expect((await compared({ existing: [customer, partner] }, customers)).existing).toBe(1)
    expect((await compared({ desired: [wanted('B')], existing: [customer, partner] }, customers)).existing).toBe(2)
  })
})

describe('a desired value that cannot be one', () => {
  it.each([
    ['aar', 'much', 'must be a number'],
    ['support_hold', 'yes', 'must be true or false'],
    ['name', 5, 'must be text'],
    ['unheard_of', 'x', 'is not a field of the target'],
  ])('%s: %j is refused with its sync, key and field', async (field, value, words) => {
    const attempt = compared({ desired: [wanted('A', { [field]: value })] })
    await expect(attempt).rejects.toMatchObject({
      code: 'ROW_INVALID',
      message: expect.stringContaining(`global A: ${field} ${words}, not ${JSON.stringify(value)}`) as string,
      hint: expect.stringContaining('derivation') as string,
    })
  })
})

it('AMB-16: of two records with one key that other syncs answer for, these tell, and no other', async () => {
  const existing = [held('1', 'A', { account_type: 'open_partner' }), held('2', 'A', { account_type: 'open_partner' })]
  const customers = syncOf({ owns: (fields) => !isPartner(fields) })
  const reasonsOf = async (scene: Parameters<typeof compared>[0]) =>
    (await compared({ existing, ownedElsewhere: true, ...scene }, customers)).skipped.map(({ reason }) => reason)
  expect(await reasonsOf({})).toEqual([])
  expect(await reasonsOf({ ownedElsewhere: false })).toEqual(['duplicate-key', 'duplicate-key'])
  expect(await reasonsOf({ desired: [wanted('A')] })).toEqual(['duplicate-key', 'duplicate-key'])
  const ours = held('3', 'A')
  expect(await reasonsOf({ existing: [...existing, ours] })).toEqual(Array.from({ length: 3 }, () => 'duplicate-key'))
})

it('SAFE-10, AMB-16: a record is left for a reason of its key, and so is each other record with that key', async () => {
  const existing = [held('1', 'A', { account_type: 'open_partner' }), held('2', 'A', { account_type: 'open_partner' })]
  const customers = syncOf({ owns: (fields) => !isPartner(fields) })
  const desired = [{ kind: 'skip', key: 'A', reason: 'duplicate-email' }] as const
  const { changes, skipped } = await compared({ existing, desired, ownedElsewhere: true }, customers)
  expect(changes).toEqual([])
  expect(skipped.map(({ id, reason }) => `${id} ${reason}`).toSorted()).toEqual([
    '1 duplicate-email',
    '1 duplicate-key',
    '2 duplicate-email',
    '2 duplicate-key',
  ])
})
