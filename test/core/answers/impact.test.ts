import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, Json, Plan } from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import { changesBetween } from '../../../src/core/answers/impact-changes.ts'
import { planOf } from '../../support/applying.ts'
import { fakeClock } from 'zds/testing'

/** Records by key, each with its fields: what an instance holds. */
type World = { readonly [key: string]: { readonly [field: string]: Json } }

const worlds = fc.dictionary(
  fc.constantFrom('A', 'B', 'C', 'D'),
  fc.dictionary(fc.constantFrom('name', 'level', 'hold'), fc.constantFrom(null, 1, 'gold', true), {
    noNullPrototype: true,
  }),
  { noNullPrototype: true },
)

const planned = (changes: readonly Change[]): Plan => assemble([planOf(...changes)], 'fingerprint', fakeClock())

/** The plan that makes `existing` what is wanted; fields that nobody wants stay. */
function planTo(wanted: World, existing: World): Plan {
  return planned(
    Object.entries(wanted).flatMap(([key, fields]): Change[] => {
      const now = existing[key]
      const moved = Object.entries(fields).filter(([field, to]) => now === undefined || (now[field] ?? null) !== to)
      const values = Object.fromEntries(moved.map(([field, to]) => [field, { from: now?.[field] ?? null, to }]))
      if (now === undefined) return [{ op: 'create', key, fields: values }]
      return moved.length === 0 ? [] : [{ op: 'update', key, id: key, fields: values }]
    }),
  )
}

const after = (wanted: World, existing: World, key: string, field: string): Json =>
  wanted[key]?.[field] ?? existing[key]?.[field] ?? null

describe('the impact of a change', () => {
  it('is exactly what two plans would leave otherwise', () => {
    fc.assert(
      fc.property(worlds, worlds, worlds, (base, now, existing) => {
        const [impact] = changesBetween(planTo(base, existing), planTo(now, existing))
        const isNew = (world: World, key: string): boolean => key in world && !(key in existing)
        for (const key of ['A', 'B', 'C', 'D']) {
          expect(impact?.appear.includes(key)).toBe(isNew(now, key) && !isNew(base, key))
          expect(impact?.disappear.includes(key)).toBe(isNew(base, key) && !isNew(now, key))
          if (isNew(now, key) !== isNew(base, key)) continue
          for (const field of ['name', 'level', 'hold']) {
            const told = impact?.changes.find((one) => one.key === key && one.field === field)
            const values = [base, now].map((world) =>
              key in world && field in (world[key] ?? {})
                ? (world[key]?.[field] ?? null)
                : after({}, existing, key, field),
            )
            expect(told && [told.base, told.now]).toEqual(values[0] === values[1] ? undefined : values)
          }
        }
      }),
    )
  })

  it('of the same plan is nothing', () => {
    fc.assert(
      fc.property(worlds, worlds, (wanted, existing) => {
        const plan = planTo(wanted, existing)
        expect(changesBetween(plan, plan)).toEqual([{ name: 'global', changes: [], appear: [], disappear: [] }])
      }),
    )
  })

  it('names records that are removed, and syncs that only one side has', () => {
    const removed = planned([{ op: 'remove', key: 'A', id: '1', fields: {} }])
    expect(changesBetween(planned([]), removed)).toEqual([
      { name: 'global', changes: [{ key: 'A', field: 'op', base: null, now: 'remove' }], appear: [], disappear: [] },
    ])
    const none = { ...removed, syncs: [] }
    expect(changesBetween(none, planned([{ op: 'create', key: 'B', fields: {} }]))).toEqual([
      { name: 'global', changes: [], appear: ['B'], disappear: [] },
    ])
  })
})
