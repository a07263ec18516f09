import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Plan, SyncPlan } from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import { wordCounts, planNumbers } from '../../../src/core/plan/numbers.ts'
import { fakeClock } from 'zds/testing'

const empty: SyncPlan = {
  name: 'global',
  instance: 'global',
  resource: 'organizations',
  existing: 0,
  desired: 0,
  changes: [],
  skipped: [],
  words: {},
  notices: [],
  excesses: [],
  complete: { desired: true, existing: true },
}
const planOf = (...syncs: SyncPlan[]): Plan => assemble(syncs, 'fingerprint', fakeClock())

const aar = { id: 'global.field.aar', op: 'field', field: 'aar', count: 2, existing: 7, limit: 1 } as const
const because = { fields: ['aar'], left: 0 }
const updates = { id: 'global.update', op: 'update', count: 2, existing: 7, limit: 0.2, because } as const

describe('the summary of a plan', () => {
  it('counts by operation, field, what comes along, reason and code', () => {
    const plan = planOf({
      ...empty,
      existing: 7,
      desired: 6,
      complete: { desired: true, existing: false },
      changes: [
        {
          op: 'create',
          key: 'A',
          fields: { name: { from: null, to: 'Acme' } },
          along: { people: ['ada@example.com', 'bob@example.com'] },
          remarks: [
            { code: 'user-new', message: 'ada@example.com: new user' },
            { code: 'user-stays', message: 'bob@example.com: stays' },
          ],
        },
        { op: 'update', key: 'B', id: '2', fields: { aar: { from: 1, to: 2 }, name: { from: 'B', to: 'Bee' } } },
        { op: 'update', key: 'C', id: '3', fields: { aar: { from: 1, to: 3 } } },
        { op: 'retire', key: 'D', id: '4', fields: { mark_for_deletion: { from: false, to: true } }, reason: 'gone' },
      ],
      skipped: [
        { key: 'E', reason: 'name-taken', name: 'Eve' },
        { key: 'F', reason: 'name-taken', id: '6' },
        { key: '', reason: 'no-key' },
      ],
      notices: [{ code: 'unknown-charge', key: 'Gold', message: 'Gold is of no plan (account G)' }],
      excesses: [
        { ...aar, message: 'aar would fall', examples: ['B', 'C'] },
        { ...updates, message: 'many', examples: ['B', 'C'] },
      ],
    })
    expect(planNumbers(plan)).toEqual({
      version: 1,
      createdAt: plan.createdAt,
      asOf: '2026-03-16',
      config: 'fingerprint',
      digest: plan.digest,
      syncs: [
        {
          name: 'global',
          instance: 'global',
          resource: 'organizations',
          existing: 7,
          desired: 6,
          complete: { desired: true, existing: false },
          operations: { create: 1, update: 2, retire: 1, remove: 0 },
          fields: { aar: 2, mark_for_deletion: 1, name: 1 },
          along: { 'user-new': 1, 'user-stays': 1 },
          skipped: { 'name-taken': 2, 'no-key': 1 },
          notices: { 'unknown-charge': 1 },
          excesses: [aar, updates],
        },
      ],
    })
  })

  it('has the most frequent first, and in the order of their names what is as frequent', () => {
    expect(Object.entries(wordCounts(['b', 'd', 'c', 'e', 'd', 'a', 'e']))).toEqual([
      ['d', 2],
      ['e', 2],
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ])
    expect(wordCounts([])).toEqual({})
  })

  it('names the field of an excess where there is one, and no other', () => {
    const bound = { count: 3, existing: 7, limit: 1 }
    const more = { message: 'too many', examples: ['A'] }
    const plan = planOf({
      ...empty,
      excesses: [
        { id: 'global.retire', op: 'retire', ...bound, ...more },
        { id: 'global.field.aar', op: 'field', field: 'aar', ...bound, ...more },
      ],
    })
    expect(planNumbers(plan).syncs[0]?.excesses).toStrictEqual([
      { id: 'global.retire', op: 'retire', ...bound },
      { id: 'global.field.aar', op: 'field', field: 'aar', ...bound },
    ])
  })

  it('holds nothing of any record, whatever a plan holds (OPS-08)', () => {
    const mark = '§'
    const data = fc.string().map((text) => `${mark}${text}`)
    const value = fc.oneof(data, fc.array(data), fc.dictionary(data, data))
    const change = fc.record({
      op: fc.constantFrom('create' as const, 'update' as const, 'retire' as const),
      key: data,
      id: data,
      fields: fc.dictionary(fc.constantFrom('name', 'aar'), fc.record({ from: value, to: value })),
      reason: data,
      along: value,
      remarks: fc.array(fc.record({ code: fc.constantFrom('user-new', 'user-stays'), message: data })),
    })
    const sync = fc.record({
      changes: fc.array(change),
      skipped: fc.array(
        fc.record({
          key: data,
          reason: fc.constant('name-taken' as const),
          id: data,
          name: data,
          heldBy: fc.record({ key: data, id: data, name: data }),
          change,
        }),
      ),
      notices: fc.array(fc.record({ code: fc.constant('unknown-charge'), key: data, message: data })),
      excesses: fc.array(
        fc.record({
          id: fc.constant('global.update'),
          op: fc.constant('update' as const),
          count: fc.nat(),
          existing: fc.nat(),
          limit: fc.nat(),
          message: data,
          examples: fc.array(data),
        }),
      ),
    })
    fc.assert(
      fc.property(sync, (parts) => {
        expect(JSON.stringify(planNumbers(planOf({ ...empty, ...parts })))).not.toContain(mark)
      }),
    )
  })
})
