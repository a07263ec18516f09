import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  openEngine,
  type Change,
  type Config,
  type Desired,
  type Existing,
  type Json,
  type Plan,
  type Processor,
} from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import { impact } from '../../../src/core/answers/impact.ts'
import { changesBetween } from '../../../src/core/answers/impact-changes.ts'
import { planOf } from '../../support/applying.ts'
import { UNWATCHED } from '../../../src/core/run/schedule.ts'
import { engineOf } from '../../support/engine.ts'
import { held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'
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

it('OPS-08: a sync that either plan keeps to its place is told as one', () => {
  const confined = (is: boolean): Plan =>
    assemble([{ ...planOf(), ...(is && { confined: true as const }) }], 'fingerprint', fakeClock())
  const told = (base: boolean, now: boolean): unknown => changesBetween(confined(base), confined(now))[0]?.confined
  expect([told(false, false), told(true, false), told(false, true)]).toEqual([undefined, true, true])
  const none = { ...confined(false), syncs: [] }
  const sides = [changesBetween(none, confined(true)), changesBetween(confined(true), none)]
  expect(sides.map(([one]) => one?.confined)).toEqual([true, true])
  expect(changesBetween(confined(false), confined(false))).toStrictEqual([
    { name: 'global', changes: [], appear: [], disappear: [] },
  ])
})

it('a record that only one side creates is told as that, and not its fields', () => {
  const make = planned([{ op: 'create', key: 'B', fields: { name: { from: null, to: 'B' } } }])
  expect(changesBetween(planned([]), make)).toMatchObject([{ changes: [], appear: ['B'], disappear: [] }])
  expect(changesBetween(make, planned([]))).toMatchObject([{ changes: [], appear: [], disappear: ['B'] }])
})

describe('what another configuration would cause', () => {
  const keys = ['A', 'B', 'C']
  const asked: string[] = []

  /** A configuration that gives each key a level, and one name to all; `also` is created besides. */
  function configOf(level: (key: string) => string, name = 'Acme', also: readonly string[] = []): Config {
    const accounts = sourceOf('accounts', keys)
    const customers: Processor = {
      ...sourceOf<Desired>(
        'customers',
        [...keys, ...also].map((key) =>
          wanted(key, { aar: 1, support_hold: name === 'Acme', support_level: level(key) }),
        ),
      ),
      needs: [accounts],
      explain: async (key) => {
        asked.push(key)
        const support_level = { from: 'Level', rules: ['SHARED', 'LEVEL'] }
        const changed = { support_level: { from: null, to: level(key) } }
        return [
          {
            key,
            rows: [],
            fields: { support_level, support_hold: { from: 'Hold', rules: ['HOLD', 'SHARED'] } },
            rules: [
              { id: 'LEVEL', about: 'the level', changed },
              { id: 'SHARED', about: 'both', changed: {} },
            ],
          },
        ]
      },
    }
    const records = keys.map((key): Existing => held(`id ${key}`, key, { support_level: 'old' }))
    const target = { ...targetOf({ records }), read: () => (reads += 1) > 0 && stream(records) }
    return {
      sources: { accounts },
      processors: { customers },
      targets: { global: syncOf({}, { desired: customers, target: target as ReturnType<typeof targetOf> }) }, // it reads
      hooks: { chat: { kind: 'observer', planned: async () => void told.push('told') } },
    }
  }
  let reads = 0
  const told: string[] = []

  const base = (config: Config) => {
    let inside = 0
    return {
      config,
      fingerprint: 'base',
      inside: <Result>(work: () => Promise<Result>) => {
        inside += 1
        return work()
      },
      times: () => inside,
    }
  }
  const levelled = { key: 'A', field: 'support_level', base: 'gold', now: 'silver' }

  it('is what both plan with the same rows, and the rules that it comes from', async () => {
    reads = 0
    const was = base(configOf(() => 'gold'))
    const engine = engineOf(configOf((key) => (key === 'C' ? 'gold' : 'silver'), 'Acme', ['D']))
    expect(await impact(was, {}, engine, UNWATCHED)).toStrictEqual({
      syncs: [{ name: 'global', changes: [levelled, { ...levelled, key: 'B' }], appear: ['D'], disappear: [] }],
      causes: [{ sync: 'global', field: 'support_level', rules: ['LEVEL'], keys: ['A', 'B'] }],
    })
    expect([reads, was.times(), told]).toEqual([1, 1, []])
    expect(await engine.state.runs()).toEqual([])
  })

  it('is the same from what a run has gathered, without a request', async () => {
    const now = configOf(() => 'silver')
    const engine = engineOf(now)
    await (await openEngine({ config: now, state: engine.state, clock: engine.clock })).plan()
    reads = 0
    const { syncs } = await impact(base(configOf(() => 'gold')), { from: 'last' }, engine, UNWATCHED)
    expect([syncs[0]?.changes.length, reads]).toEqual([3, 0])
  })

  it('of several fields is looked at by records of each', async () => {
    const heldBack = (config: Config, key: string): Config => {
      const customers = config.processors?.['customers'] as Processor // it is in `configOf`
      const rows = keys.map((one) =>
        wanted(one, { support_level: one === 'C' ? 'old' : levelOf(config), support_hold: one === key }),
      )
      const desired = { ...customers, read: () => stream<Desired>(rows) }
      const { global } = config.targets
      return {
        ...config,
        processors: { customers: desired },
        targets: global ? { global: { ...global, desired } } : {},
      }
    }
    const [gold, silver] = [configOf(() => 'gold'), configOf(() => 'silver')]
    const levelOf = (config: Config): string => (config === gold ? 'gold' : 'silver')
    const { causes } = await impact(base(heldBack(gold, 'none')), {}, engineOf(heldBack(silver, 'C')), UNWATCHED)
    expect(causes).toEqual([
      { sync: 'global', field: 'support_level', rules: ['LEVEL'], keys: ['A', 'B'] },
      { sync: 'global', field: 'support_hold', rules: ['HOLD', 'SHARED'], keys: ['C'] },
    ])
  })

  it('is that of the syncs that go last, too', async () => {
    const withHook = (level: string): Config => {
      const config = configOf(() => 'gold')
      const needs = Object.values(config.sources)
      const late = { ...sourceOf<Desired>('late', [wanted('A', { support_level: level })]), needs }
      const target = targetOf({ name: 'others', address: 'https://other.example', records: [held('1', 'A')] })
      return { ...config, hooks: { ...config.hooks, late: syncOf({}, { desired: late, target }) } }
    }
    const { syncs } = await impact(base(withHook('gold')), {}, engineOf(withHook('silver')), UNWATCHED)
    expect(syncs).toMatchObject([
      { name: 'global', changes: [] },
      { name: 'late', changes: [{ key: 'A', field: 'support_level', base: 'gold', now: 'silver' }] },
    ])
  })

  it('that nothing differs has no causes', async () => {
    const same = configOf(() => 'gold')
    expect(await impact(base(same), {}, engineOf(same), UNWATCHED)).toStrictEqual({
      syncs: [{ name: 'global', changes: [], appear: [], disappear: [] }],
    })
  })

  it('is looked at by two records of each field; where no rule says something else, all that had a say are told', async () => {
    asked.length = 0
    const engine = engineOf(configOf(() => 'gold', 'Globex'))
    const { causes } = await impact(base(configOf(() => 'gold')), {}, engine, UNWATCHED)
    expect(causes).toEqual([{ sync: 'global', field: 'support_hold', rules: ['HOLD', 'SHARED'], keys: ['A', 'B'] }])
    expect(asked).toEqual(['A', 'B', 'A', 'B'])
  })

  it('of a sync that one side does not have is its records', async () => {
    const { targets: _, ...without } = configOf(() => 'gold')
    const engine = engineOf({ ...without, processors: {}, targets: {} })
    expect(await impact(base(configOf(() => 'gold', 'Acme', ['D'])), {}, engine, UNWATCHED)).toMatchObject({
      syncs: [{ name: 'global', disappear: ['D'] }],
    })
  })
})
