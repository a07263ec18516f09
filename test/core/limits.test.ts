import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excesses } from '../../src/core/limits.ts'
import { compared, held, syncOf, wanted } from '../support/syncs.ts'

const opsOf = (counts: { update?: number; retire?: number; existing: number }, limits = {}): string[] =>
  excesses({ update: 0, retire: 0, ...counts }, limits).map(({ op }) => op)

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
    expect(excesses({ update: 0, retire: 7, existing: 90 }, {})).toEqual([
      { op: 'retire', count: 7, existing: 90, limit: 0.05, message: '7 of 90 records would be retired (7.8 %), the limit is 5 %' },
    ])
  })

  it('every whole share of 1 % to 100 % is allowed exactly up to its limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5000 }), (percent, hundreds) => {
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
