import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, packed, type Json, type Many } from 'zds'
import { concatenated, filtered, isMany, jsonParts, packer, type JsonForm } from '../../src/core/many.ts'
import { digestOf } from '../../src/core/plan/plan.ts'
import { create, planOf } from '../support/applying.ts'

const rowsOf = (count: number): Json[] =>
  Array.from({ length: count }, (_, at) => ({ key: `K${at}`, text: ['line\n', '"', '\u2028', '€'][at % 4] ?? '', at }))
const around = fc.constantFrom(0, 1, 999, 1000, 1001, 2000, 2500)
const held = (rows: Many<unknown>): boolean => Array.isArray(rows)

const FORMS: { readonly [name: string]: JsonForm } = {
  compact: { stringify: (value) => JSON.stringify(value) },
  spaced: { stringify: (value) => JSON.stringify(value, null, 2), spaced: true },
  canonical: { stringify: (value) => canonical(value as Json), sorted: true }, // what the tests give
}

describe('many rows', () => {
  it('are those that were given, in their order, as often as one reads them', () =>
    fc.assert(
      fc.property(around, (count) => {
        const rows = rowsOf(count)
        const many = packed(rows)
        expect(many.length).toBe(count)
        for (let time = 0; time < 2; time += 1) expect([...many]).toEqual(rows)
        expect([...many.values().drop(count - 1 < 0 ? 0 : count - 1)]).toEqual(rows.slice(-1))
        expect(JSON.stringify({ many })).toBe(JSON.stringify({ many: rows }))
      }),
      { numRuns: 20 },
    ))

  it('are an array where they are few, and no objects where they are more', () => {
    expect([1, 1000, 1001].map((count) => held(packed(rowsOf(count))))).toEqual([true, true, false])
  })

  it('do not change when more are added afterwards', () => {
    const into = packer<number>()
    for (let at = 0; at < 1500; at += 1) into.add(at)
    const before = into.rows()
    for (let at = 1500; at < 4000; at += 1) into.add(at)
    expect([before.length, [...before].length, into.rows().length]).toEqual([1500, 1500, 4000])
  })

  it('are put together as those of the first and then those of the second', () => {
    const [some, more] = [rowsOf(1200), rowsOf(3)]
    expect([...concatenated([packed(some), [], more])]).toEqual([...some, ...more])
    const one = packed(some)
    expect(concatenated([[], one])).toBe(one)
    expect(concatenated([])).toEqual([])
  })

  it('are the same where all of them are wanted', () => {
    const rows = packed(rowsOf(1200))
    expect(filtered(rows, () => true)).toBe(rows)
    expect([...filtered(rows, (row) => (row as { at: number }).at < 2)]).toEqual(rowsOf(2)) // as they are made above
  })

  it('are told from what is not many of anything', () => {
    const some = [[], packed(rowsOf(1200)), {}, 'text', null, { length: 1 }]
    expect(some.map((one) => isMany(one))).toEqual([true, true, false, false, false, false])
  })
})

describe('JSON in parts', () => {
  it.each(Object.entries(FORMS))('is the %s text of the whole', (_, form) =>
    fc.assert(
      fc.property(around, fc.jsonValue(), (count, value) => {
        const of = (rows: unknown) => ({
          z: 1,
          a: value,
          list: [{ many: rows, name: 'x', none: undefined }, { none: undefined }],
          b: 'ü\n',
        })
        const parts = [...jsonParts(of(packed(rowsOf(count))), form)]
        expect(parts.join('')).toBe(form.stringify(of(rowsOf(count))))
      }),
      { numRuns: 30 },
    ),
  )

  it('is never all of many rows at once', () => {
    const parts = [
      ...jsonParts({ of: 'many', many: packed(rowsOf(20_000)) }, { stringify: (value) => JSON.stringify(value) }),
    ]
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(70_000)
  })
})

it('a plan has the same digest whether its changes are packed or not', () => {
  const changes = Array.from({ length: 2500 }, (_, at) => create(`K${at}`))
  const whole = { version: 1, asOf: '2026-03-16', config: 'c' } as const
  const digest = (some: Many<(typeof changes)[number]>) =>
    digestOf({ ...whole, syncs: [{ ...planOf(), changes: some }] })
  expect(digest(packed(changes))).toBe(digest(changes))
})
