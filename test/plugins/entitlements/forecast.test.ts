import * as fc from 'fast-check'
import { addDays, canonical, collect, type Desired, type JsonObject, type Turn } from 'zds'
import { entitlements, type Override } from 'zds/entitlements'
import { describe, expect, test } from 'vitest'
import {
  account,
  catalogue,
  overriding,
  rowsOf,
  runOn,
  TABLES,
  TODAY,
  type ChargeSpec,
  type Instance,
} from './support.ts'

const NAMES = [
  'Self-Managed - Premium - 1 Year',
  'Self-Managed - Ultimate - 1 Year',
  'SaaS - Ultimate - 1 Year',
  '12x5 US Citizen Support - 1 Year',
  'GitLab Geo',
]
const DAYS = 120
const UNTIL = addDays(TODAY, DAYS)

type Given = { readonly accounts: readonly JsonObject[]; readonly overrides?: readonly Override[] }

const sourceOf = ({ accounts, overrides = [] }: Given, instance: Instance) =>
  entitlements({
    name: 'records',
    instance,
    side: instance === 'us_gov' ? 'us_government' : 'global',
    accounts: rowsOf('accounts', accounts),
    catalogue,
    overrides: rowsOf('overrides', overrides),
    fields: TABLES[instance],
  })

const turnsOf = async (given: Given, instance: Instance = 'global', until = UNTIL): Promise<Turn[]> =>
  collect(sourceOf(given, instance).forecast?.(until, runOn(TODAY)) ?? [])

/** What the processor says on each day, looked at one by one, where it is not what it said before. */
async function lookedAt(given: Given, instance: Instance): Promise<Omit<Turn, 'because'>[]> {
  const found: Omit<Turn, 'because'>[] = []
  const saidOn = async (day: string) => {
    const all: Desired[] = await collect(sourceOf(given, instance).read(runOn(day)))
    return new Map(all.flatMap((said) => (said.kind === 'notice' ? [] : [[said.key, said] as const])))
  }
  let before = await saidOn(TODAY)
  for (let day = 1; day <= DAYS; day += 1) {
    const on = addDays(TODAY, day)
    const today = await saidOn(on)
    for (const [key, after] of today) {
      const was = before.get(key)
      if (was !== undefined && canonical(was) !== canonical(after)) found.push({ on, before: was, after })
    }
    before = today
  }
  return found
}

/** Days near those on which something turns: now, the end of grace, and the end of retention. */
const day = fc
  .tuple(fc.constantFrom(0, -1096, -1094), fc.integer({ min: -20, max: DAYS + 20 }))
  .map(([years, days]) => addDays(TODAY, years + days))
const charge: fc.Arbitrary<ChargeSpec> = fc.record({
  name: fc.constantFrom(...NAMES),
  start: fc.option(day, { nil: null }),
  end: fc.option(day, { nil: null, freq: 8 }),
  quantity: fc.constantFrom(1, 10),
})
const subscriptions = fc.array(fc.array(charge, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
const overrides = fc.array(
  fc.tuple(
    fc.constantFrom<JsonObject>(
      { sub_sm_ultimate: true },
      { support_hold: true },
      { expiration_date: addDays(TODAY, -1080) },
    ),
    fc.option(day, { nil: null }),
  ),
  { maxLength: 1 },
)

describe('what is forecast', () => {
  test('is what each day will say, looked at one by one (PROC-17, PROC-43, OVR-03)', async () => {
    await fc.assert(
      fc.asyncProperty(
        subscriptions,
        overrides,
        fc.constantFrom<Instance>('global', 'us_gov'),
        async (bought, some, instance) => {
          const given = {
            accounts: [account(bought)],
            overrides: some.map(([set, until]) => overriding(set, { expires_on: until })),
          }
          const turns = await turnsOf(given, instance)
          expect(turns.map(({ on, before, after }) => ({ on, before, after }))).toEqual(await lookedAt(given, instance))
          for (const { because } of turns) expect(because).toMatch(/\S/)
        },
      ),
      { numRuns: 60 },
    )
  }, 120_000)

  test('names the charge whose grace is over', async () => {
    const [turn, ...others] = await turnsOf({ accounts: [account([[{ end: '2026-03-31' }]])] })
    expect(others).toEqual([])
    expect(turn).toMatchObject({ on: '2026-04-16', after: { fields: { support_level: 'expired', aar: 0 } } })
    expect(turn?.because).toBe(
      'the charge "Self-Managed - Premium - 1 Year" ended on 2026-03-31, its 15 days of grace are over (PROC-17)',
    )
  })

  test('names the charge that begins', async () => {
    const [turn] = await turnsOf({ accounts: [account([[{ start: '2026-04-01' }]])] })
    expect(turn).toMatchObject({ on: '2026-04-01', after: { fields: { support_level: 'premium' } } })
    expect(turn?.because).toBe('the charge "Self-Managed - Premium - 1 Year" begins')
  })

  test('names the override that ends, and why it was there', async () => {
    const entry = overriding({ sub_sm_ultimate: true }, { expires_on: '2026-04-30', reason: 'a trial' })
    const [turn, ...others] = await turnsOf({ accounts: [account([[{}]])], overrides: [entry] })
    expect(others).toEqual([])
    expect(turn).toMatchObject({ on: '2026-05-01', after: { fields: { support_level: 'premium' } } })
    expect(turn?.because).toBe('the override at overrides.yaml:1 ended on 2026-04-30: a trial (OVR-03)')
  })

  test('names retention, on the second day after the anniversary (PROC-03, PROC-43)', async () => {
    const [turn] = await turnsOf({ accounts: [account([[{ start: '2022-04-01', end: '2023-04-01' }]])] })
    expect(turn).toMatchObject({ on: '2026-04-03', after: { kind: 'absent', reason: 'retention' } })
    expect(turn?.because).toBe('it expired on 2023-04-01, more than 3 years and a day ago (PROC-43)')
  })

  test('is nothing for an account of which nothing begins or ends', async () => {
    expect(await turnsOf({ accounts: [account([[{ end: '2030-01-01' }]])] })).toEqual([])
  })
})
