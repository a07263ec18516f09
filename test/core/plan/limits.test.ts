import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, FieldLimit, Limits } from 'zds'
import { boundsOf, excesses as excessesOf, type MeasuredSync } from '../../../src/core/plan/limits.ts'
import type { Op } from '../../../src/core/plan/plan.ts'
import { compared, held, syncOf, wanted } from '../../support/syncs.ts'

type Counts = {
  readonly create?: number
  readonly update?: number
  readonly retire?: number
  readonly existing: number
}

/** Of the sync `global`. */
const excesses = (measured: Omit<MeasuredSync, 'name'>, limits?: Limits) =>
  excessesOf({ name: 'global', ...measured }, limits)

/** That many changes of each kind, of one field. */
function measured({ create = 0, update = 0, retire = 0, existing }: Counts): Omit<MeasuredSync, 'name'> {
  const some = (op: Op, count: number): Change[] =>
    Array.from({ length: count }, (_, index) => ({ op, key: `${op}-${index}`, fields: {} }))
  return {
    changes: [...some('create', create), ...some('update', update), ...some('retire', retire)],
    existing,
    desired: existing,
  }
}

const opsOf = (counts: Counts, limits: Limits = {}): string[] => excesses(measured(counts), limits).map(({ op }) => op)

/** Changes of the level of one record each. */
const levels = (...steps: readonly (readonly [string | null, string | null])[]): Change[] =>
  steps.map(([from, to], index) => ({
    op: 'update',
    key: `K${index}`,
    id: `${index}`,
    fields: { support_level: { from, to } },
  }))

describe('SAFE-01: shares of the existing records that a plan may touch', () => {
  it('an update counts as a retirement where it gives a record the whole look of one, not a part of it', () => {
    const retire = { marked: true, note: 'gone' }
    const giving = (fields: object): Change[] =>
      Array.from({ length: 6 }, (_, at) => ({
        op: 'update',
        key: `K${at}`,
        id: `${at}`,
        fields: Object.fromEntries(Object.entries(fields).map(([field, to]) => [field, { from: null, to }])),
      }))
    const ops = (fields: object) =>
      excesses({ changes: giving(fields), existing: 100, desired: 100, retire }).map(({ op }) => op)
    expect(ops({ marked: true, note: 'gone', name: 'x' })).toEqual(['retire'])
    expect(ops({ marked: true })).toEqual([])
    expect(ops({ marked: true, note: 'moved' })).toEqual([])
    const made = giving({ marked: true, note: 'gone' }).map((change): Change => ({ ...change, op: 'create' }))
    expect(excesses({ changes: made, existing: 100, desired: 100, retire })).toEqual([])
  })

  it.each([
    [{ retire: 5, existing: 100 }, []],
    [{ retire: 6, existing: 100 }, ['retire']],
    [{ retire: 1, existing: 20 }, []],
    [{ retire: 1, existing: 19 }, ['retire']],
    [{ update: 30, existing: 100 }, []],
    [{ update: 31, existing: 100 }, ['update']],
    [{ update: 3, existing: 10 }, []],
    [{ update: 4, existing: 10 }, ['update']],
    [{ update: 4, retire: 1, existing: 10 }, ['update', 'retire']],
  ])('%j exceeds %j', (counts, ops) => {
    expect(opsOf(counts)).toEqual(ops)
  })

  it('removals have the limit of retires, or one of their own', () => {
    const removals = Array.from({ length: 6 }, (_, n): Change => ({
      op: 'remove',
      key: `K${n}`,
      id: `${n}`,
      fields: {},
    }))
    const of = (limits?: Limits) =>
      excesses({ changes: removals, existing: 100, desired: 94 }, limits).map(({ op }) => op)
    expect([of(), of({ retire: 0.06 }), of({ retire: 0.06, remove: { count: 5 } })]).toEqual([
      ['remove'],
      [],
      ['remove'],
    ])
  })

  it('says nothing of updates below 10 existing records', () => {
    expect(opsOf({ update: 9, existing: 9 })).toEqual([])
    expect(opsOf({ create: 5, update: 5, existing: 9 })).toEqual([])
    expect(opsOf({ update: 10, existing: 9 })).toEqual(['update'])
    expect(opsOf({ update: 10, retire: 10, existing: 10 })).toEqual(['update', 'retire'])
  })

  it('takes limits and floor from the sync', () => {
    expect(opsOf({ retire: 10, existing: 100 }, { retire: 0.1 })).toEqual([])
    expect(opsOf({ retire: 1, existing: 100 }, { retire: 0 })).toEqual(['retire'])
    expect(opsOf({ retire: 3, existing: 3 }, { floor: 3 })).toEqual(['retire'])
    expect(opsOf({ update: 100, retire: 100, existing: 100 }, { update: 1, retire: 1 })).toEqual([])
  })

  it('says how many of how many, and which share is allowed', () => {
    expect(excesses(measured({ retire: 7, existing: 90 }))).toEqual([
      {
        id: 'global.retire',
        op: 'retire',
        count: 7,
        existing: 90,
        limit: 0.05,
        message: '7 of 90 records would be retired (7.8 %), the limit is 5 %',
        examples: ['retire-0', 'retire-1', 'retire-2', 'retire-3', 'retire-4'],
      },
    ])
  })

  it('takes a number beside or instead of a share, and counts however few records there are', () => {
    expect(opsOf({ update: 6, existing: 1000 }, { update: { count: 5 } })).toEqual(['update'])
    expect(opsOf({ update: 5, existing: 5 }, { update: { count: 5 } })).toEqual([])
    expect(opsOf({ create: 4, existing: 3 }, { create: { count: 3 } })).toEqual(['create'])
    expect(opsOf({ retire: 60, existing: 100 }, { retire: { share: 0.5, count: 50 } })).toEqual(['retire'])
    const tighter = excesses(measured({ retire: 60, existing: 100 }), { retire: { share: 0.5, count: 20 } })
    expect(tighter).toMatchObject([{ count: 60, limit: 20, message: expect.stringContaining('the limit is 20') }])
  })

  it('holds a field back: each change of it, or only its falls', () => {
    const changes = levels(['gold', 'silver'], ['silver', 'gold'], ['gold', null], ['gold', 'gold'], [null, 'gold'])
    const order = ['ultimate', 'gold', 'silver', 'expired']
    const counted = (limit: FieldLimit) =>
      excesses({ changes, existing: 100, desired: 100 }, { fields: { support_level: limit } })
    expect(counted({ count: 5 })).toEqual([])
    expect(counted({ count: 4 })).toMatchObject([
      {
        op: 'field',
        field: 'support_level',
        count: 5,
        limit: 4,
        message: 'support_level would change on 5 of 100 records, the limit is 4',
      },
    ])
    expect(counted({ count: 2, order })).toEqual([])
    const few = { changes: changes.slice(0, 1), existing: 3, desired: 3 }
    expect(excesses(few, { fields: { support_level: { share: 0.1 } } })).toEqual([])
    expect(counted({ count: 1, order })).toMatchObject([
      { count: 2, examples: ['K0', 'K2'], message: expect.stringContaining('would fall on 2') },
    ])
  })

  it('holds back neither what a create sets, nor changes of other fields', () => {
    const created: Change = { op: 'create', key: 'N', fields: { support_level: { from: null, to: 'gold' } } }
    const other: Change = { op: 'update', key: 'A', id: '1', fields: { aar: { from: 1, to: 2 } } }
    const limits = { fields: { support_level: { count: 0 } } }
    expect(excesses({ changes: [created, other], existing: 100, desired: 100 }, limits)).toEqual([])
    expect(
      excesses(
        { changes: [other], existing: 100, desired: 100 },
        { fields: { support_level: { count: 0, order: ['gold'] } } },
      ),
    ).toEqual([])
  })

  it('says what goes beyond a number, which a share beside it allows', () => {
    const found = excesses(measured({ retire: 60, existing: 100 }), { retire: { share: 0.6, count: 50 } })
    expect(found.map(({ message, limit }) => [message, limit])).toEqual([
      ['60 of 100 records would be retired, the limit is 50', 50],
    ])
  })

  it('says what is missing against the last run', () => {
    expect(excesses({ changes: [], existing: 100, desired: 150, before: 200 })).toEqual([
      {
        id: 'global.drop',
        op: 'drop',
        count: 50,
        existing: 100,
        limit: 0.2,
        message: '150 records are desired, 25 % fewer than the 200 of the last run; the limit is 20 %',
        examples: [],
      },
    ])
  })

  it('a drop of more than a fifth against the last run needs an approval, a rise or the first run none', () => {
    const ops = (desired: number, before?: number) =>
      excesses({ changes: [], existing: 100, desired, ...(before !== undefined && { before }) }).map(({ op }) => op)
    expect([ops(80, 100), ops(79, 100), ops(200, 100), ops(0), ops(0, 9)]).toEqual([[], ['drop'], [], [], []])
    expect(ops(0, 10)).toEqual(['drop'])
  })

  it('a drop names the records with separators, as everything does', () => {
    expect(excesses({ changes: [], existing: 9, desired: 1500, before: 12_000 })[0]?.message).toMatch(
      '1,500 records are desired, 87.5 % fewer than the 12,000 of the last run',
    )
  })

  it('every whole share of 1 % to 100 % is allowed exactly up to its limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (percent, hundreds) => {
        const limits = { update: percent / 100 }
        const existing = hundreds * 100
        expect(opsOf({ update: percent * hundreds, existing }, limits)).toEqual([])
        expect(opsOf({ update: percent * hundreds + 1, existing }, limits)).toEqual(['update'])
      }),
    )
  })

  it('are counted among the records that the sync answers for', async () => {
    const existing = Array.from({ length: 10 }, (_, index) => held(`${index}`, `K${index}`, { aar: 1 }))
    const desired = existing.slice(0, 9).map((_, index) => wanted(`K${index}`, { aar: index < 3 ? 2 : 1 }))
    const plan = await compared({ desired, existing }, syncOf())
    expect(excesses(plan, { update: 0.3, retire: 0.05 })).toMatchObject([
      { op: 'retire', count: 1, existing: 10, limit: 0.05 },
    ])
  })
})

describe('SAFE-12: limits that hold in practice', () => {
  it.each([
    [{ create: 25, existing: 0 }, []],
    [{ create: 26, existing: 0 }, ['create']],
    [{ create: 26, existing: 250 }, ['create']],
    [{ create: 30, existing: 300 }, []],
    [{ create: 31, existing: 300 }, ['create']],
  ])('creates: 10 %% of what exists, never fewer than 25: %j exceeds %j', (counts, ops) => {
    expect(opsOf(counts)).toEqual(ops)
  })

  it('says which of the two a create goes beyond', () => {
    const found = [0, 10, 1000].map((existing) => excesses(measured({ create: 200, existing }))[0])
    expect(found.map((excess) => [excess?.limit, excess?.message])).toEqual([
      [25, '200 of 0 records would be created, the limit is 25'],
      [25, '200 of 10 records would be created, the limit is 25'],
      [0.1, '200 of 1,000 records would be created (20 %), the limit is 10 %'],
    ])
  })

  it('a first run that is declared creates without limit, until one was carried out', () => {
    const all = measured({ create: 4000, existing: 3 })
    expect(excesses(all, { firstRun: true })).toEqual([])
    expect(excesses({ ...all, before: 3 }, { firstRun: true })).toMatchObject([{ op: 'create' }])
    expect(excesses(all, { firstRun: false })).toMatchObject([{ op: 'create' }])
  })

  it('a first run passes no other limit', () => {
    expect(opsOf({ create: 99, update: 99, retire: 99, existing: 100 }, { firstRun: true })).toEqual([
      'update',
      'retire',
    ])
  })

  it.each([
    [1, 1, false],
    [1, 2, false],
    [2, 2, true],
    [1, 3, false],
    [2, 3, true],
    [4, 8, false],
    [5, 8, true],
    [4, 9, false],
    [5, 9, true],
  ])('below ten records more than half, from two up, may not be retired: %i of %i', (retire, existing, refused) => {
    expect(opsOf({ retire, existing })).toEqual(refused ? ['retire'] : [])
  })

  it('below ten, a wider limit of the configuration stays wide, and a number stays a number', () => {
    expect(opsOf({ retire: 9, existing: 9 }, { retire: 1 })).toEqual([])
    expect(opsOf({ retire: 7, existing: 9 }, { retire: 0.8 })).toEqual([])
    expect(opsOf({ retire: 8, existing: 9 }, { retire: 0.8 })).toEqual(['retire'])
    expect(opsOf({ retire: 9, existing: 9 }, { retire: { count: 9 } })).toEqual([])
    expect(opsOf({ retire: 3, existing: 9 }, { retire: { count: 2 } })).toEqual(['retire'])
  })

  it('SAFE-12: a share of none is none, of few records too', () => {
    const none = { create: { share: 0 }, update: 0, retire: 0, fields: { support_level: { share: 0 } } }
    const few = { ...measured({ create: 1, update: 1, retire: 1, existing: 3 }), existing: 3 }
    expect(excesses(few, none).map(({ op, limit }) => [op, limit])).toEqual([
      ['create', 0],
      ['update', 0],
      ['retire', 0],
    ])
    expect(opsOf({ retire: 1, existing: 3 }, { retire: { share: 0, least: 1 } })).toEqual([])
  })

  const falls = (count: number, rises = 0): Change[] =>
    levels(
      ...Array.from({ length: count }, () => ['gold', 'silver'] as const),
      ...Array.from({ length: rises }, () => ['silver', 'gold'] as const),
    )
  const order = ['gold', 'silver']

  it('falls of a field: a share of the records, never fewer than a number', () => {
    const limits: Limits = { update: { count: 99 }, fields: { support_level: { share: 0.02, least: 10, order } } }
    const beyond = (count: number, existing: number) =>
      excesses({ changes: falls(count, 7), existing, desired: existing }, limits).map(({ id, limit }) => [id, limit])
    expect(beyond(10, 20)).toEqual([])
    expect(beyond(11, 20)).toEqual([['global.field.support_level', 10]])
    expect(beyond(20, 1000)).toEqual([])
    expect(beyond(21, 1000)).toEqual([['global.field.support_level', 0.02]])
    expect(beyond(10, 3)).toEqual([])
    expect(beyond(11, 3)).toEqual([['global.field.support_level', 10]])
  })

  it('says that a field falls, on how many, and the share', () => {
    const limits: Limits = { fields: { support_level: { share: 0.02, least: 10, order } } }
    expect(excesses({ changes: falls(961), existing: 10_042, desired: 10_042 }, limits)[0]?.message).toBe(
      'support_level would fall on 961 of 10,042 records (9.6 %), the limit is 2 %',
    )
  })

  it.each([
    ['2027-01-01', '2026-12-31', true],
    ['2027-01-01', '2025-01-01', true],
    ['2026-03-16', null, true],
    ['2026-03-16', '', true],
    ['2026-03-16', 'soon', true],
    ['2026-03-16', 'after 2027-01-01', true],
    ['2026-12-31', '2027-01-01', false],
    ['2026-12-31T10:00:00Z', '2026-12-31T10:00:00Z', false],
    [null, '2026-01-01', false],
    ['soon', '2026-01-01', false],
    ['soon', 'never', false],
    [null, null, false],
  ])('dates fall to an earlier day, or to none: %j to %j', (from, to, fallen) => {
    const changes: Change[] = [{ op: 'update', key: 'A', id: '1', fields: { until: { from, to } } }]
    const limits: Limits = { fields: { until: { count: 0, order: 'dates' } } }
    expect(excesses({ changes, existing: 100, desired: 100 }, limits)).toHaveLength(fallen ? 1 : 0)
  })
})

describe('what an excess of updates is because of', () => {
  const updates = (count: number, ...fields: string[]): Change[] =>
    Array.from({ length: count }, (_, index) => ({
      op: 'update',
      key: `${fields.join()}-${index}`,
      id: `${index}`,
      fields: Object.fromEntries(fields.map((field) => [field, { from: 0, to: 1 }])),
    }))
  const because = (changes: readonly Change[], adopt?: readonly string[]) =>
    excesses({ changes, existing: 10_042, desired: 10_042, adopt }, { update: 0.01 }).map((excess) => [
      excess.because,
      excess.message,
    ])

  it('is the field that most are made for, and how many are left without it', () => {
    const changes = [...updates(446, 'industry', 'owner'), ...updates(8552, 'industry'), ...updates(900, 'owner')]
    expect(because(changes)).toEqual([
      [
        { fields: ['industry'], left: 1346 },
        '9,898 of 10,042 records would be updated (98.6 %), the limit is 1 %; without industry 1,346',
      ],
    ])
  })

  it('is several where they change together; who changes only some of them is not left either', () => {
    const changes = [...updates(300, 'level', 'type'), ...updates(90, 'type'), ...updates(10, 'level', 'owner')]
    expect(because(changes)).toMatchObject([
      [{ fields: ['level', 'type'], left: 10 }, expect.stringMatching(/; without level, type 10$/)],
    ])
  })

  it('is not mixed up where the names of fields run into each other', () => {
    expect(because([...updates(300, 'ab', 'c'), ...updates(200, 'a', 'bc')])).toMatchObject([
      [{ fields: ['ab', 'c'], left: 200 }, expect.anything()],
    ])
  })

  it('does not count a field that is only adopted (SAFE-05)', () => {
    const changes = [...updates(5000, 'industry', 'external_id'), ...updates(200, 'owner', 'external_id')]
    expect(because(changes, ['external_id'])).toMatchObject([[{ fields: ['industry'], left: 200 }, expect.anything()]])
  })

  it('nothing is said of it for creates and retires, and they say nothing of updates', () => {
    const [created, retired] = [updates(999, 'name', 'owner'), updates(5999, 'mark')].map((some, at) =>
      some.map((change): Change => ({ ...change, op: at === 0 ? 'create' : 'retire' })),
    )
    const changes = [...(created ?? []), ...updates(400, 'industry'), ...(retired ?? [])]
    const found = excesses({ changes, existing: 1000, desired: 1000 })
    expect(found.map(({ op, because: cause }) => [op, cause])).toEqual([
      ['create', undefined],
      ['update', { fields: ['industry'], left: 0 }],
      ['retire', undefined],
    ])
  })
})

describe('what the limits come to', () => {
  const of = (existing: number, limits: Limits = {}, before?: number) =>
    boundsOf({ name: 'global', changes: [], existing, desired: existing, before }, limits)

  it('is told in records, with the share that they come from', () => {
    expect(of(1000)).toEqual({
      create: { most: 100, share: 0.1 },
      update: { most: 300, share: 0.3 },
      retire: { most: 50, share: 0.05 },
      remove: { most: 50, share: 0.05 },
      fields: {},
    })
    expect(of(100).create).toEqual({ most: 25 })
  })

  it('names no operation without a limit: a first run, fewer records than the floor', () => {
    expect(of(0, { firstRun: true })).toStrictEqual({ retire: { most: 1 }, remove: { most: 1 }, fields: {} })
  })

  it('keeps the order of a field, also where its number has no limit', () => {
    const fields = { level: { order: ['gold', 'none'] }, until: { count: 3, order: 'dates' } } as const
    expect(of(100, { fields }).fields).toEqual({
      level: { order: ['gold', 'none'] },
      until: { most: 3, order: 'dates' },
    })
  })

  it('is what excesses are held against', () => {
    const changes = Array.from({ length: 40 }, (_, index) => ({
      op: 'update' as const,
      key: `K${index}`,
      id: `${index}`,
      fields: { a: { from: 1, to: 2 } },
    }))
    for (const existing of [9, 10, 100, 133, 134, 1000]) {
      const some = { name: 'global', changes, existing, desired: existing }
      const most = boundsOf(some).update?.most ?? Number.POSITIVE_INFINITY
      expect(excesses(some).length).toBe(changes.length > most ? 1 : 0)
    }
  })
})

it('SAFE-01: what is beyond a limit where nothing exists yet is told without a share of nothing', () => {
  const [excess] = excesses(measured({ create: 5, existing: 0 }), { create: 0 })
  expect(excess?.message).toBe('5 of 0 records would be created, the limit is 0 %')
})

it('SAFE-01: an update that empties nothing retires nobody, where what is retired is emptied', () => {
  const changes = levels(...Array.from({ length: 20 }, () => ['gold', 'silver'] as const))
  const of = { changes, existing: 100, desired: 100, retire: { owner: null } }
  expect(excesses(of)).toEqual([])
  const emptied = changes.map((change) => ({
    ...change,
    fields: { ...change.fields, owner: { from: 'Ada', to: null } },
  }))
  expect(excesses({ ...of, changes: emptied }).map(({ id }) => id)).toEqual(['global.retire'])
})
