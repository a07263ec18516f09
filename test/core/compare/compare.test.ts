import { describe, expect, it } from 'vitest'
import { name, sync, text, type Desired } from 'zds'
import { absent, compared, held, isPartner, sourceOf, syncOf, targetOf, wanted } from '../../support/syncs.ts'

describe('the three lists of a comparison', () => {
  it('CMP-01..04: what is only desired is created, what differs is updated, what is only there is marked', async () => {
    const plan = await compared({
      desired: [wanted('A', { aar: 5 }), wanted('B', { aar: 7 }), wanted('C', { aar: 1 })],
      existing: [held('2', 'B', { aar: 6 }), held('3', 'C', { aar: 1 }), held('4', 'D')],
    })
    expect(plan.changes).toStrictEqual([
      {
        op: 'create',
        key: 'A',
        fields: {
          salesforce_id: { from: null, to: 'A' },
          mark_for_deletion: { from: null, to: false },
          aar: { from: null, to: 5 },
        },
      },
      { op: 'update', key: 'B', id: '2', fields: { aar: { from: 6, to: 7 } } },
      { op: 'retire', key: 'D', id: '4', fields: { mark_for_deletion: { from: false, to: true } }, reason: 'gone' },
    ])
    expect(plan).toMatchObject({
      instance: 'global',
      resource: 'organizations',
      existing: 3,
      desired: 3,
      skipped: [],
      notices: [],
      excesses: [],
    })
  })

  it('records that are as they should be are counted: none that is changed, left, held, or skipped without one', async () => {
    const { inSync } = await compared({
      desired: [
        wanted('same', { aar: 1 }),
        wanted('second'),
        wanted('adopts', { external_id: 'adopts' }),
        wanted('changed', { aar: 7 }),
        wanted('created'),
        wanted('renamed', { name: 'Acme' }),
        wanted('held', { support_level: 'expired' }),
        wanted('twice'),
        { kind: 'skip', key: 'same', reason: 'duplicate-email' },
        { kind: 'skip', key: 'skipped', reason: 'protected' },
        { kind: 'skip', key: 'created', reason: 'duplicate-email' },
        absent('marked', 'no-subscription'),
      ],
      existing: [
        held('1', 'same', { aar: 1 }),
        held('10', 'second'),
        held('2', 'adopts'),
        held('3', 'changed'),
        held('4', 'renamed'),
        held('5', 'other', { name: 'Acme' }),
        held('6', 'twice'),
        held('7', 'twice'),
        held('8', 'marked', { mark_for_deletion: true }),
        held('9', ''),
      ],
    })
    expect(inSync).toBe(3)
  })

  it.each([
    ['missing text and null', { account_type: null }, {}],
    ['empty text and null', { account_type: '' }, { account_type: null }],
    ['an unchecked box and none', { support_hold: false }, {}],
    ['a name and the same with blanks around', { name: ' Acme ' }, { name: 'Acme' }],
    ['no number and none', { aar: null }, {}],
  ])('CMP-02: %s are the same', async (_what, desired, existing) => {
    expect((await compared({ desired: [wanted('A', desired)], existing: [held('1', 'A', existing)] })).changes).toEqual(
      [],
    )
  })

  it('CMP-02: zero is not the same as no number', async () => {
    const plan = await compared({ desired: [wanted('A', { aar: 0 })], existing: [held('1', 'A', { aar: null })] })
    expect([...plan.changes][0]?.fields).toEqual({ aar: { from: null, to: 0 } })
  })

  it('a create sets no field that would be empty', async () => {
    const plan = await compared({ desired: [wanted('A', { name: 'Acme', external_id: '', aar: null })] })
    const [create] = plan.changes
    expect(Object.keys(create?.fields ?? {})).toEqual(['salesforce_id', 'mark_for_deletion', 'name'])
  })

  it('a create has the name that its record will have, whatever else is said of it', async () => {
    const notice = { kind: 'notice', key: 'A', code: 'odd', message: 'A is odd' } as const
    const { changes } = await compared({ desired: [notice, wanted('A', { name: 'Acme' })] })
    expect(changes).toMatchObject([{ op: 'create', name: 'Acme' }])
  })

  it('CMP-04: an expired account without an organization is held back', async () => {
    const plan = await compared({ desired: [wanted('A', { support_level: 'expired', name: 'Acme' })] })
    expect(plan.changes).toEqual([])
    expect(plan.skipped).toStrictEqual([{ key: 'A', reason: 'expired-not-created', name: 'Acme' }])
  })

  it('CMP-08: an expired account with an organization is an update, never a mark', async () => {
    const plan = await compared({
      desired: [wanted('A', { support_level: 'expired', account_type: 'former_customer', aar: 0 })],
      existing: [held('1', 'A', { support_level: 'premium', account_type: 'customer', aar: 100 })],
    })
    expect([...plan.changes].map(({ op }) => op)).toEqual(['update'])
    expect([...plan.changes][0]?.fields).toEqual({
      support_level: { from: 'premium', to: 'expired' },
      account_type: { from: 'customer', to: 'former_customer' },
      aar: { from: 100, to: 0 },
    })
  })

  it('CMP-10: an update carries the id of the record, a create none', async () => {
    const { changes } = await compared({ desired: [wanted('A'), wanted('B', { aar: 1 })], existing: [held('77', 'B')] })
    expect([...changes].map(({ op, id }) => [op, id])).toEqual([
      ['create', undefined],
      ['update', '77'],
    ])
  })

  it('SYN-11: a field that the desired record does not name is in no change', async () => {
    const plan = await compared({
      desired: [wanted('A', { aar: 2 })],
      existing: [held('1', 'A', { aar: 1, notes: 'by hand', support_hold: true })],
    })
    expect(Object.keys([...plan.changes][0]?.fields ?? {})).toEqual(['aar'])
  })

  it('SYN-01: creates come first, then updates, then retires, each by key', async () => {
    const plan = await compared({
      desired: [wanted('B'), wanted('D', { aar: 1 }), wanted('A', { aar: 1 }), wanted('F')],
      existing: [held('1', 'A'), held('3', 'C'), held('4', 'D'), held('5', 'E')],
    })
    expect([...plan.changes].map(({ op, key }) => `${op} ${key}`)).toEqual([
      'create B',
      'create F',
      'update A',
      'update D',
      'retire C',
      'retire E',
    ])
  })
})

describe('what speaks against a mark', () => {
  const protectsA = syncOf({ protects: ({ salesforce_id }) => salesforce_id === 'A' })

  it('CMP-05: partners belong to another sync and are left alone, silently where that sync answers for them', async () => {
    const owns = syncOf({ owns: (existing) => !isPartner(existing) })
    const existing = [held('1', 'A', { account_type: 'open_partner' })]
    expect(await compared({ existing, ownedElsewhere: true }, owns)).toMatchObject({
      changes: [],
      skipped: [],
      existing: 0,
    })
    expect((await compared({ existing, ownedElsewhere: false }, owns)).skipped).toEqual([
      { key: 'A', reason: 'not-owned', id: '1' },
    ])
  })

  it('CMP-06: where nothing is owned by others, a partner is marked too', async () => {
    const plan = await compared({ existing: [held('1', 'A', { account_type: 'open_partner' })] })
    expect([...plan.changes].map(({ op }) => op)).toEqual(['retire'])
  })

  it('CMP-05, CMP-07: a protected id is not marked, and reported', async () => {
    const plan = await compared({ existing: [held('1', 'A', { name: 'GitLab' }), held('2', 'B')] }, protectsA)
    expect([...plan.changes].map(({ key }) => key)).toEqual(['B'])
    expect(plan.skipped).toEqual([{ key: 'A', reason: 'protected', id: '1', name: 'GitLab' }])
  })

  it('CMP-07: protection is from marks only, an update goes on', async () => {
    const plan = await compared({ desired: [wanted('A', { aar: 1 })], existing: [held('1', 'A')] }, protectsA)
    expect([...plan.changes].map(({ op }) => op)).toEqual(['update'])
  })

  it('CMP-07: a desired record that looks retired retires: a protected one stays as it is', async () => {
    const marked = [wanted('A', { mark_for_deletion: true }), wanted('B', { mark_for_deletion: true })]
    const plan = await compared({ desired: marked, existing: [held('1', 'A'), held('2', 'B')] }, protectsA)
    expect([...plan.changes].map(({ op, key }) => [op, key])).toEqual([['update', 'B']])
    expect(plan.skipped).toMatchObject([{ key: 'A', id: '1', reason: 'protected' }])
    const unguarded = await compared({ desired: marked.slice(0, 1), existing: [held('1', 'A')] })
    expect([...unguarded.changes].map(({ op, key }) => [op, key])).toEqual([['update', 'A']])
  })

  it('a record that is marked already yields nothing', async () => {
    expect(await compared({ existing: [held('1', 'A', { mark_for_deletion: true })] })).toMatchObject({
      changes: [],
      skipped: [],
    })
  })

  it('AMB-18: an organization that comes back is unmarked by an update', async () => {
    const plan = await compared({ desired: [wanted('A')], existing: [held('1', 'A', { mark_for_deletion: true })] })
    expect(plan.changes).toEqual([
      { op: 'update', key: 'A', id: '1', fields: { mark_for_deletion: { from: true, to: false } } },
    ])
  })

  it('without a description of a retired record nothing is ever retired', async () => {
    const { retire: _, ...rules } = syncOf().rules
    expect((await compared({ existing: [held('1', 'A')] }, { ...syncOf(), rules })).changes).toEqual([])
  })

  it('SYN-08: a record that has nothing to mark is removed where the sync asks for it, with what it holds and its reason', async () => {
    const record = { ...held('1', 'A', { name: 'Acme', aar: null }), version: '7' }
    const plan = await compared({ existing: [record] }, syncOf({ retire: 'remove' }))
    const fields = { salesforce_id: ['A', null], mark_for_deletion: [false, null], name: ['Acme', null] }
    const taken = Object.fromEntries(Object.entries(fields).map(([field, [from, to]]) => [field, { from, to }]))
    expect(plan.changes).toEqual([
      { op: 'remove', key: 'A', id: '1', name: 'Acme', version: '7', fields: taken, reason: 'gone' },
    ])
    const kept = await compared({ existing: [record] }, syncOf({ retire: 'remove', protects: () => true }))
    expect([kept.changes, kept.skipped.map(({ reason }) => reason)]).toEqual([[], ['protected']])
  })

  it('an update and a retire carry the version of the record that they were planned for', async () => {
    const existing = ['A', 'B'].map((key) => ({ ...held(`id-${key}`, key, { aar: 1 }), version: `v-${key}` }))
    const plan = await compared({ desired: [wanted('A', { aar: 2 }), wanted('C', { aar: 1 })], existing })
    expect([...plan.changes].map(({ op, version }) => [op, version])).toEqual([
      ['create', undefined],
      ['update', 'v-A'],
      ['retire', 'v-B'],
    ])
  })

  it.each(['retention', 'no-subscription', 'type-changed', 'gone'])('AMB-17: a mark says why: %s', async (reason) => {
    const plan = await compared({ desired: [absent('A', reason)], existing: [held('1', 'A')] })
    expect(plan.changes).toMatchObject([{ op: 'retire', key: 'A', reason }])
  })

  it('AMB-17: a mark says why, whatever else is said of the record', async () => {
    const notice = { kind: 'notice', key: 'A', code: 'unknown-charge', message: 'Gold is of no plan' } as const
    const plan = await compared({ desired: [notice, absent('A', 'retention')], existing: [held('1', 'A')] })
    expect(plan.changes).toMatchObject([{ op: 'retire', reason: 'retention' }])
  })

  it('AMB-17: a reason that may not mark keeps the record, and says so', async () => {
    const plan = await compared(
      {
        desired: [absent('A', 'retention'), absent('B', 'no-subscription')],
        existing: [held('1', 'A'), held('2', 'B'), held('3', 'C')],
      },
      syncOf({ retireFor: ['retention'] }),
    )
    expect([...plan.changes].map(({ key }) => key)).toEqual(['A'])
    expect(plan.skipped.map(({ key, reason }) => [key, reason])).toEqual([
      ['B', 'kept-by-rule'],
      ['C', 'kept-by-rule'],
    ])
  })

  it('an absent key without a record is nothing to do', async () => {
    expect(await compared({ desired: [absent('A', 'gone')] })).toMatchObject({ changes: [], skipped: [], desired: 0 })
  })
})

describe('a key that a processor leaves out on purpose', () => {
  const left = { kind: 'skip', key: 'A', reason: 'duplicate-email', name: 'Ada' } as const

  it('is reported with its reason, and neither created nor retired', async () => {
    expect(await compared({ desired: [left] })).toMatchObject({
      changes: [],
      skipped: [{ key: 'A', reason: 'duplicate-email', name: 'Ada' }],
    })
    expect(
      (await compared({ desired: [{ kind: 'skip', key: 'A', reason: 'duplicate-email' }] })).skipped,
    ).toStrictEqual([{ key: 'A', reason: 'duplicate-email' }])
    const plan = await compared({ desired: [left], existing: [held('1', 'A', { name: 'Ada' })] })
    expect(plan).toMatchObject({
      changes: [],
      skipped: [{ key: 'A', reason: 'duplicate-email', id: '1', name: 'Ada' }],
    })
  })
})

describe('a key of which a processor keeps one record and leaves out another', () => {
  it('AMB-21: has its record written, and the other one reported', async () => {
    const left = { kind: 'skip', key: 'A', reason: 'duplicate-email', name: 'Bob' } as const
    const plan = await compared({ desired: [left, wanted('A', { aar: 1 })], existing: [held('1', 'A')] })
    expect([...plan.changes].map(({ op, key }) => [op, key])).toEqual([['update', 'A']])
    expect(plan.skipped).toEqual([{ key: 'A', reason: 'duplicate-email', id: '1', name: 'Bob' }])
  })
})

describe('a sync without a unique field', () => {
  const { unique: _unique, ...rules } = syncOf().rules
  const nameless = { ...syncOf(), rules }

  it('creates and updates what has the name of another, and calls records by their name all the same', async () => {
    const existing = [
      held('1', 'A', { name: 'Acme' }),
      held('2', 'B', { name: 'Other' }),
      held('3', null, { name: 'Stray' }),
    ]
    const plan = await compared(
      {
        desired: [wanted('A', { name: 'Other' }), wanted('B', { name: 'Other' }), wanted('C', { name: 'Acme' })],
        existing,
      },
      nameless,
    )
    expect([...plan.changes].map(({ op, key, fields }) => [op, key, fields['name']?.to])).toEqual([
      ['create', 'C', 'Acme'],
      ['update', 'A', 'Other'],
    ])
    expect(plan.skipped).toEqual([{ key: '', reason: 'no-key', id: '3', name: 'Stray' }])
  })
})

it('a record without a unique field is called by the first of its fields that is a name', async () => {
  const fields = { salesforce_id: text(), motto: text(), called: name('Name') }
  const people = sync({
    fields,
    desired: sourceOf<Desired>('people'),
    target: targetOf({ types: fields }),
    rules: { key: 'salesforce_id', retire: 'remove' },
  })
  const existing = [held('1', 'A', { motto: 'Onwards', called: 'Ada' }), held('2', 'B', { motto: 'Upwards' })]
  const plan = await compared({ existing }, people)
  expect([...plan.changes].map((change) => change.name)).toEqual(['Ada', undefined])
  const { called: _called, ...nameless } = people.target.types
  const target = { ...people.target, types: nameless }
  expect([...(await compared({ existing }, { ...people, target })).changes].map((change) => change.name)).toEqual([
    undefined,
    undefined,
  ])
})

describe('what comes along with a new record', () => {
  it('SYN-03: is in a create as it is, and in no update', async () => {
    const along = { people: [{ email: 'ada@example.com', name: 'Ada' }] }
    const desired = [{ ...wanted('A', { aar: 1 }), along }]
    expect([...(await compared({ desired })).changes][0]?.along).toEqual(along)
    expect([...(await compared({ desired, existing: [held('1', 'A')] })).changes][0]).not.toHaveProperty('along')
  })
})

describe('a reason of holds that nobody explains is refused, not shown', () => {
  it.each<[string, unknown]>([
    ['a slip in a word', 'lapst'],
    ['an empty one', ''],
    ['false, of a rule that is meant to hold nothing', false],
    ['null, of the same', null],
  ])('%s', async (_what, reason) => {
    const holds = () => reason as string // as a plugin in plain JavaScript may answer
    const ours = syncOf({ holds, words: { lapsed: 'its contract has lapsed' } })
    await expect(compared({ desired: [wanted('A')] }, ours)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `global: nobody says what the reason ${JSON.stringify(reason)} means`,
      hint: 'Add it to the words of whoever gives it: the processor, the target, or the rules.',
    })
  })
})
