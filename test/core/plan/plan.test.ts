import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject, type Json, type Plan, type SyncPlan, ZdsError } from 'zds'
import { packed } from '../../../src/core/many.ts'
import { planReader } from '../../../src/core/plan/schema.ts'
import { assemble, count, digestOf, REASONS, sha256 } from '../../../src/core/plan/plan.ts'
import { parsePlan } from '../../support/parse-plan.ts'
import { compared, held, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const sync: SyncPlan = {
  ...(await compared({
    desired: [
      { kind: 'notice', key: 'A', code: 'unknown-charge', message: 'no such charge' },
      { ...wanted('A', { name: 'Acme', aar: 1.5 }), along: { people: [{ email: 'ada@example.com', name: 'Ada' }] } },
      wanted('B', { aar: 0 }),
    ],
    existing: [held('2', 'B', { aar: null }), held('3', 'C'), held('4', null, { name: 'Stray' })],
  })),
  excesses: [
    {
      id: 'global.retire',
      op: 'retire',
      count: 1,
      existing: 12,
      limit: 0.05,
      message: '1 of 12 records would be retired',
      examples: ['C'],
    },
  ],
}
const plan = assemble([sync], 'fingerprint', fakeClock())
const text = (of: unknown): string => JSON.stringify(of)
/** A plan of so many changes that they are not an array. */
const large = assemble(
  [{ ...sync, changes: packed(Array.from({ length: 1500 }, (_, n) => ({ op: 'create', key: `K${n}`, fields: {} }))) }],
  'fingerprint',
  fakeClock(),
)

function refusal(document: string): ZdsError {
  try {
    parsePlan(document, 'plan.json')
  } catch (error) {
    if (error instanceof ZdsError) return error
    throw error
  }
  throw new Error('the plan was accepted')
}

/** Every document that differs from `value` in one place. */
function* neighbours(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    const items = value as readonly Json[] // Array.isArray forgets that it is readonly
    for (const [index, item] of items.entries()) {
      for (const other of neighbours(item)) yield items.with(index, other)
      yield items.toSpliced(index, 1)
    }
  } else if (isObject(value)) {
    for (const [key, part] of Object.entries(value)) {
      for (const other of neighbours(part)) yield { ...value, [key]: other }
      yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    }
    yield { ...value, added: 1 }
  } else {
    yield typeof value === 'string' ? `${value}x` : typeof value === 'number' ? value + 1 : value === null ? 0 : !value
  }
}

describe('SAFE-14: the digest of a plan', () => {
  it('is that of its content, not of the moment it was made', () => {
    const later = assemble([sync], 'fingerprint', fakeClock('2026-03-16T23:00:00Z'))
    expect(later.createdAt).not.toBe(plan.createdAt)
    expect(later.digest).toBe(plan.digest)
    expect(plan.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('survives JSON, also with keys in another order', () => {
    const again = JSON.parse(text(plan)) as Plan // what was written above
    expect(digestOf(again)).toBe(plan.digest)
    expect(digestOf(Object.fromEntries(Object.entries(again).toReversed()) as Plan)).toBe(plan.digest)
  })

  it('is another one for any other change, in whatever place', () => {
    const content = JSON.parse(text({ asOf: plan.asOf, config: plan.config, syncs: plan.syncs })) as Json & {
      [key: string]: Json
    }
    const digests = new Set([plan.digest])
    let different = 0
    for (const other of neighbours(content)) {
      if (!isObject(other) || Object.keys(other).length !== 3) continue // a plan has exactly these
      digests.add(digestOf({ version: 1, ...(other as unknown as Omit<Plan, 'version'>) }))
      different += 1
    }
    expect(different).toBeGreaterThan(100)
    expect(digests.size).toBe(different + 1)
  })

  it('depends on the date and on the configuration', () => {
    expect(assemble([sync], 'other', fakeClock()).digest).not.toBe(plan.digest)
    expect(assemble([sync], 'fingerprint', fakeClock('2026-03-17T00:00:00Z')).digest).not.toBe(plan.digest)
  })

  it('is another one where the plan undoes a run, and another for each', () => {
    const [one, two] = ['run-1', 'run-2'].map((run) => assemble([sync], 'fingerprint', fakeClock(), run))
    expect([one?.undoes, two?.undoes]).toEqual(['run-1', 'run-2'])
    expect(new Set([plan.digest, one?.digest, two?.digest]).size).toBe(3)
    expect(assemble([sync], 'fingerprint', fakeClock())).toStrictEqual(plan)
    expect(Object.keys(assemble([sync], 'fingerprint', fakeClock()))).not.toContain('undoes')
  })

  it('does not depend on the order of keys where there are more changes than are held at once either', () => {
    const turned = (value: object) => Object.fromEntries(Object.entries(value).toReversed())
    const again = { ...large, syncs: large.syncs.map(turned) }
    expect(digestOf(turned(again) as Plan)).toBe(large.digest) // the same, from the end
  })

  it('sha256 is SHA-256', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('reading a plan document', () => {
  it('gives back the plan, time after time', () => {
    for (let time = 0; time < 2; time += 1) expect(parsePlan(text(plan), 'plan.json')).toEqual(JSON.parse(text(plan)))
  })

  it('gives back one of many changes, and names the one that is none', () => {
    expect(text(parsePlan(text(large), 'plan.json'))).toBe(text(large))
    const spoilt = text(large).replace('"op":"create","key":"K1200"', '"op":"crate","key":"K1200"')
    expect(refusal(spoilt).issues).toMatchObject([{ code: 'PLAN_INVALID', where: 'plan.syncs.0.changes.1200.op' }])
  })

  it.each(['x', null, [null], ['x'], [{}], [{ changes: 5 }]])('syncs that are %j are none', (syncs) => {
    expect(refusal(text({ ...plan, syncs }))).toMatchObject({
      code: 'PLAN_INVALID',
      message: 'plan.json is not a plan',
    })
  })

  it('takes every reason there is, and no other', () => {
    const skipping = (reason: string): string => {
      const content = { ...plan, syncs: [{ ...sync, skipped: [{ key: 'A', reason }] }] } as unknown as Plan // also reasons that do not exist
      return text({ ...content, digest: digestOf(content) })
    }
    for (const reason of [...Object.keys(REASONS), 'a-word-of-a-plugin'])
      expect(() => parsePlan(skipping(reason), 'plan.json')).not.toThrow()
    expect(refusal(skipping('')).issues[0]?.where).toBe('plan.syncs.0.skipped.0.reason')
  })

  it.each(['', 'no plan', '{"version":1,', '\u0000'])('%j is not JSON', (document) => {
    expect(refusal(document)).toMatchObject({
      code: 'PLAN_INVALID',
      message: 'plan.json is not JSON',
      hint: expect.stringContaining('zds plan --out FILE') as string,
    })
  })

  it.each([null, [], 5, {}, { ...plan, version: 2 }, { ...plan, version: '1' }])(
    '%j is not of this version',
    (document) => {
      expect(refusal(text(document))).toMatchObject({
        code: 'PLAN_INVALID',
        message: 'plan.json is not a plan of version 1',
        hint: expect.stringContaining('with this zds: zds plan --out FILE') as string,
      })
    },
  )

  it('names what is missing, too much, or of the wrong kind, all at once', () => {
    const { digest: _, ...rest } = plan
    const error = refusal(text({ ...rest, forced: true, asOf: 'today', syncs: [{ ...sync, existing: -1 }] }))
    expect(error).toMatchObject({
      code: 'PLAN_INVALID',
      message: 'plan.json is not a plan',
      hint: 'Make a new one: zds plan --out FILE',
    })
    expect(new Set(error.issues.map(({ code }) => code))).toEqual(new Set(['PLAN_INVALID']))
    expect(error.issues.map(({ where }) => where).toSorted()).toEqual([
      'plan',
      'plan',
      'plan.asOf',
      'plan.syncs.0.existing',
    ])
    const { syncs: _syncs, ...none } = plan
    expect(refusal(text(none)).issues.map(({ where }) => where)).toEqual(['plan'])
    const empty = refusal(text({ ...plan, syncs: [{}] })).issues.map(({ where }) => where)
    expect(new Set(empty)).toEqual(new Set(['plan.syncs.0']))
  })

  it('refuses what is far too large for one, its changes apart, before it is read to its end', () => {
    const reader = planReader('plan.json', 100)
    expect(() => reader.add(' '.repeat(100))).not.toThrow()
    expect(() => reader.add(' ')).toThrow(
      expect.objectContaining({
        code: 'PLAN_INVALID',
        message: 'plan.json is too large for a plan',
        hint: 'Make a new one: zds plan --out FILE',
      }),
    )
  })

  it('refuses a plan that was changed after it was made, wherever', () => {
    const documents = [...neighbours(JSON.parse(text(plan)) as Json)]
    const accepted = documents.filter((document) => {
      try {
        return parsePlan(text(document), 'plan.json').version === 1
      } catch (error) {
        return !(error instanceof ZdsError && error.code === 'PLAN_INVALID')
      }
    })
    expect(accepted).toEqual([])
  })

  it('says that it was changed', () => {
    const [first, ...others] = sync.changes
    if (first === undefined) throw new Error('the plan has changes')
    const forged = { ...plan, syncs: [{ ...sync, changes: [{ ...first, key: 'Z' }, ...others] }] }
    expect(refusal(text(forged))).toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('was changed after it was made') as string,
      hint: expect.stringContaining('zds plan --out FILE') as string,
    })
  })
})

describe('counting changes', () => {
  it('of every operation', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('create' as const, 'update' as const, 'retire' as const)), (ops) => {
        const changes = ops.map((op, index) => ({ op, key: `${index}`, fields: {} }))
        for (const op of ['create', 'update', 'retire'] as const)
          expect(count({ changes }, op)).toBe(ops.filter((one) => one === op).length)
      }),
    )
  })
})
