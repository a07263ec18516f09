import { readFileSync } from 'node:fs'
import {
  addDays,
  addYears,
  canonical,
  collect,
  isObject,
  parseJson,
  same,
  typesOf,
  type Desired,
  type FieldTypes,
  type Json,
  type JsonObject,
} from 'zds'
import { entitlements, overrides, supportPlans } from 'zds/entitlements'
import { describe, expect, test } from 'vitest'
import { rowsOf, runOn, TABLES, value, type Instance } from './support.ts'

/** Rows of a JSON file that this repository holds. */
type Row = { readonly [column: string]: Json }
type World = { readonly asOf: string; readonly salesforce: { readonly [object: string]: readonly Row[] } }
type Entry = {
  readonly key: string | null
  readonly action: string
  readonly reason?: string
  readonly fields?: JsonObject
  readonly name?: string
  readonly soldTos?: readonly Person[]
  readonly external_id?: readonly string[]
}

describe.each(['cases', 'plain'])('the sample world "%s"', (folder) => {
  const at = (file: string) => `test/fixtures/worlds/${folder}/${file}`
  const world = read(at('world.json')) as unknown as World // a fixture with this shape
  const expected = read(at('expected.json'))

  test.each([
    ['global', 'global'],
    ['us_gov', 'us-gov'],
  ] as const)('gives %s the records that are expected', async (instance, list) => {
    const said = await compute(world, folder, instance)
    const records = new Map(said.flatMap((desired) => (desired.kind === 'record' ? [[desired.key, desired]] : [])))
    const reasons = new Map(
      said.flatMap((desired) => (desired.kind === 'absent' ? [[desired.key, desired.reason]] : [])),
    )
    const types: FieldTypes = typesOf(TABLES[instance])
    const entries = listed(list).filter(({ action }) => action !== 'unjudged')

    const wrong: unknown[] = []
    let compared = 0
    for (const { key, action, reason, fields, name = null, external_id: ids = [], soldTos } of entries) {
      if (key === null || fields === undefined) continue
      if (action === 'retire') {
        if (reason !== 'gone' && reasons.get(key) !== reason)
          wrong.push({ key, reason, computed: reasons.get(key) ?? records.get(key) })
        continue
      }
      const { fields: record = {}, along } = records.get(key) ?? {}
      for (const [field, value] of Object.entries({ ...fields, name })) {
        const type = types[field]
        compared += 1
        if (type === undefined || !same(type, value, record[field]))
          wrong.push({ key, field, value, computed: record[field] })
      }
      const surplus = Object.keys(record).filter(
        (field) => !(field in fields) && field !== 'name' && field !== 'external_id',
      )
      if (surplus.length > 0) wrong.push({ key, surplus })
      if (ids.length === 1 && record['external_id'] !== key) wrong.push({ key, external_id: record['external_id'] })
      if (soldTos !== undefined && canonical(sorted(soldTos)) !== canonical(sorted(peopleIn(along))))
        wrong.push({ key, soldTos, along })
    }
    expect(wrong).toEqual([])
    expect(compared).toBeGreaterThan(500)

    const known = new Set([...listed(list), ...listed('partners')].map(({ key }) => key))
    expect([...records.keys()].filter((key) => !known.has(key))).toEqual([])
  })

  const listed = (list: string): readonly Entry[] => expected[list] as unknown as readonly Entry[] // a fixture with this shape
})

type Person = { readonly email: string; readonly name: string }
/** Who comes along, as the processor says it. */
const peopleIn = (along: Json | undefined) => (isObject(along) ? (along['people'] as readonly Person[]) : []) // of SYN-03
const sorted = (people: readonly Person[]) => people.toSorted((a, b) => (a.email < b.email ? -1 : 1))

function read(path: string): JsonObject {
  const parsed = parseJson(readFileSync(path, 'utf8')) ?? null
  if (!isObject(parsed)) throw new Error(`${path} holds no object`)
  return parsed
}

async function compute(world: World, folder: string, instance: Instance): Promise<Desired[]> {
  const accounts = rowsOf('accounts', [...accountRows(world)])
  const elsewhere = (world.salesforce['Account'] ?? [])
    .filter((row) => !wanted(row))
    .map((row) => ({ key: text(row['Id']) ?? '', type: text(row['Type']) }))
  const source = entitlements({
    name: 'records',
    instance,
    side: instance === 'us_gov' ? 'us_government' : 'global',
    accounts,
    elsewhere: rowsOf('elsewhere', elsewhere),
    catalogue: supportPlans(value(`test/fixtures/worlds/${folder}/plans.yaml`)),
    overrides: overrides({ from: value(`test/fixtures/worlds/${folder}/overrides.yaml`), fields: TABLES }),
    fields: TABLES[instance],
  })
  return collect(source.read(runOn(world.asOf)))
}

/** What the query of SFA-02 would answer, in the shape of the Salesforce source. */
function* accountRows({ asOf, salesforce }: World): Generator<Row> {
  const horizon = addDays(addYears(asOf, -3), -1)
  const contacts = new Map((salesforce['Contact'] ?? []).map((row) => [row['Id'], row]))
  const users = new Map((salesforce['User'] ?? []).map((row) => [row['Id'], row]))
  const live = (status: string, end: string) => (row: Row) =>
    row[status] !== 'Cancelled' && typeof row[end] === 'string' && row[end] >= horizon
  const children = (table: string, keep: (row: Row) => boolean) =>
    Map.groupBy((salesforce[table] ?? []).filter(keep), (row) => row['Zuora__Account__c'])
  const subscriptions = children('Zuora__Subscription__c', live('Zuora__Status__c', 'Zuora__SubscriptionEndDate__c'))
  const charges = children(
    'Zuora__SubscriptionProductCharge__c',
    live('Subscription_Status__c', 'Zuora__EffectiveEndDate__c'),
  )
  for (const row of (salesforce['Account'] ?? []).filter(wanted)) {
    yield {
      ...row,
      'Solutions_Architect_Lookup__r.Name': users.get(row['Solutions_Architect_Lookup__c'] ?? null)?.['Name'] ?? null,
      'Latest_Sold_To_Contact__r.Email': contacts.get(row['Latest_Sold_To_Contact__c'] ?? null)?.['Email'] ?? null,
      'Latest_Sold_To_Contact__r.Name': contacts.get(row['Latest_Sold_To_Contact__c'] ?? null)?.['Name'] ?? null,
      Zuora__Subscriptions__r: subscriptions.get(row['Id']) ?? [],
      Zuora__R00N40000001lGjTEAU__r: charges.get(row['Id']) ?? [],
    }
  }
}

const wanted = (row: Row): boolean => row['Type'] === 'Customer' || row['Type'] === 'Former Customer'
const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)
