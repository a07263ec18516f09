import * as fc from 'fast-check'
import { isObject, type Json, type JsonObject } from 'zds'
import { describe, expect, test } from 'vitest'
import { parseCatalogue } from '../../../plugins/entitlements/catalogue.ts'
import { readFileText } from '../../../plugins/entitlements/files.ts'
import { account, computed, fieldsOf, PLANS, type Instance } from './support.ts'

const { subscriptions, levels } = await parseCatalogue(PLANS, await readFileText(PLANS, 'PLANS'))
const RANKS = [...levels.map(({ level }) => level), 'expired']

const day = fc
  .integer({ min: 0, max: 1800 })
  .map((days) => new Date(Date.UTC(2023, 0, 1) + days * 86_400_000).toISOString().slice(0, 10))
const known = fc.constantFrom(...Object.values(subscriptions).flat())
const charge = fc.record({
  name: fc.oneof(
    { weight: 5, arbitrary: known },
    { weight: 1, arbitrary: fc.constantFrom('Service Desk', 'Audit User', null) },
  ),
  start: fc.option(day),
  end: fc.option(day),
  quantity: fc.option(fc.integer({ min: 0, max: 5000 })),
})
const charges = fc.array(fc.array(charge, { maxLength: 4 }), { maxLength: 4 })
const instances = fc.constantFrom<Instance>('global', 'us_gov')
const columns = fc.record({ Support_Instance__c: fc.constantFrom('gitlab', 'federal-support', null) })

const rankOf = (fields: JsonObject): number =>
  RANKS.indexOf(typeof fields['support_level'] === 'string' ? fields['support_level'] : 'expired')

/** The same account with its rows in the opposite order. */
function reversed(row: JsonObject): JsonObject {
  const flip = (value: Json): Json => (Array.isArray(value) ? value.toReversed().map((part: Json) => part) : value)
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, flip(value)]))
}

describe('for any account', () => {
  test('PROC-18, PROC-19, PROC-30: the order of its rows does not matter, and the same input gives the same output', async () => {
    await fc.assert(
      fc.asyncProperty(charges, columns, instances, async (given, more, instance) => {
        const row = account(given, more)
        const said = await computed({ instance, accounts: [row] })
        expect(await computed({ instance, accounts: [reversed(row)] })).toEqual(said)
        expect(await computed({ instance, accounts: [row] })).toEqual(said)
      }),
    )
  })

  test('PROC-30: a counting charge more never lowers the level', async () => {
    const counting = known.map((name) => ({ name }))
    await fc.assert(
      fc.asyncProperty(charges, counting, columns, async (given, more, about) => {
        // In a subscription of its own, so that it moves no other charge to the other instance.
        const before = await Promise.all(
          (['global', 'us_gov'] as const).map((instance) => fieldsOf({ instance, accounts: [account(given, about)] })),
        )
        const after = await Promise.all(
          (['global', 'us_gov'] as const).map((instance) =>
            fieldsOf({ instance, accounts: [account([...given, [more]], about)] }),
          ),
        )
        for (const [index, fields] of after.entries())
          expect(rankOf(fields)).toBeLessThanOrEqual(rankOf(before[index] ?? {}))
      }),
    )
  })

  test('PROC-15: every subscription belongs to exactly one instance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(charge, { minLength: 1, maxLength: 4 }), columns, async (given, about) => {
        const both = await Promise.all(
          (['global', 'us_gov'] as const).map((instance) =>
            fieldsOf({ instance, accounts: [account([given], about)] }),
          ),
        )
        expect(both.filter((fields) => fields['absent'] !== 'no-subscription').length).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('PROC-32, PROC-41: expired, former customer and no revenue go together', async () => {
    await fc.assert(
      fc.asyncProperty(charges, async (given) => {
        const fields = await fieldsOf({ accounts: [account(given)] })
        const expired = fields['support_level'] === 'expired'
        expect(fields['account_type'] === 'former_customer').toBe(expired)
        expect(fields['aar'] === 0).toBe(expired)
      }),
    )
  })

  test('FLD-03: dropdowns hold known values only', async () => {
    const words = fc.constantFrom('AMER', 'EMEA', 'APJ', 'JIHU', 'LATAM', 'emea', '', null)
    const about = fc.record({
      Support_Instance__c: fc.constantFrom('gitlab', 'federal-support'),
      Account_Demographics_Geo__c: words,
      Account_Demographics_Region__c: words,
    })
    const levels = ['ultimate', 'gold', 'premium', 'silver', 'consumption_only', 'custom', 'community', 'expired']
    await fc.assert(
      fc.asyncProperty(charges, about, instances, async (given, more, instance) => {
        const fields = await fieldsOf({ instance, accounts: [account(given, more)] })
        if ('absent' in fields) return
        expect(levels).toContain(fields['support_level'])
        expect(['customer', 'former_customer']).toContain(fields['account_type'])
        expect(['org_region_amer', 'org_region_emea', 'org_region_apac', null, undefined]).toContain(
          fields['org_region'],
        )
      }),
    )
  })

  test('PROC-43: an account that expired on the last day of retention stays, a day earlier it goes', async () => {
    await fc.assert(
      fc.asyncProperty(day, async (today) => {
        const moved = new Date(`${today}T00:00:00Z`)
        const year = moved.getUTCFullYear() - 3
        const leap = today.endsWith('-02-29')
        const horizon = new Date(Date.UTC(year, moved.getUTCMonth(), (leap ? 28 : moved.getUTCDate()) - 1))
        const earlier = new Date(horizon.getTime() - 86_400_000)
        const at = (end: Date) =>
          fieldsOf({ today, accounts: [account([[{ start: null, end: end.toISOString().slice(0, 10) }]])] })
        expect(await at(horizon)).toMatchObject({ support_level: 'expired' })
        expect(await at(earlier)).toEqual({ absent: 'retention' })
      }),
    )
  })
})

test('every record is a flat JSON object', async () => {
  await fc.assert(
    fc.asyncProperty(charges, instances, async (given, instance) => {
      for (const said of await computed({ instance, accounts: [account(given)] })) {
        expect(JSON.parse(JSON.stringify(said))).toEqual(said)
        expect(said.kind !== 'record' || Object.values(said.fields).every((value) => !isObject(value))).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})
