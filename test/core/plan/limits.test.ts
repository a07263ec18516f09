import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, FieldLimit, Limits } from 'zds'
import { excesses, type Measured } from '../../../src/core/plan/limits.ts'
import type { Op } from '../../../src/core/plan/plan.ts'
import { compared, held, syncOf, wanted } from '../../support/syncs.ts'

type Counts = {
  readonly create?: number
  readonly update?: number
  readonly retire?: number
  readonly existing: number
}

/** That many changes of each kind, of one field. */
function measured({ create = 0, update = 0, retire = 0, existing }: Counts): Measured {
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

  it('says nothing below 10 existing records', () => {
    expect(opsOf({ update: 9, retire: 9, existing: 9 })).toEqual([])
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
    expect(opsOf({ create: 4000, existing: 3 })).toEqual([])
    expect(opsOf({ retire: 60, existing: 100 }, { retire: { share: 0.5, count: 50 } })).toEqual(['retire', 'retire'])
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
        message: 'support_level would change on 5 records, the limit is 4',
      },
    ])
    expect(counted({ count: 2, order })).toEqual([])
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

  it('is part of the plan, counted among the records that the sync answers for', async () => {
    const existing = Array.from({ length: 10 }, (_, index) => held(`${index}`, `K${index}`, { aar: 1 }))
    const desired = existing.slice(0, 9).map((_, index) => wanted(`K${index}`, { aar: index < 3 ? 2 : 1 }))
    const plan = await compared({ desired, existing }, syncOf({ limits: { update: 0.3, retire: 0.05 } }))
    expect(plan.excesses).toMatchObject([{ op: 'retire', count: 1, existing: 10, limit: 0.05 }])
  })
})
