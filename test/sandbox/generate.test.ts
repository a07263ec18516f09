import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { generateWorld, startSandbox, type Field, type Seed, type World } from 'zds/sandbox'
import { text } from './client.ts'

const world = generateWorld({ accounts: 1000, seed: 3, asOf: '2026-03-16' })
const rows = (object: string): World['salesforce'][string] => world.salesforce[object] ?? []
const instances = Object.entries(world.zendesk)

test('a world is of its own: what a test changes in it is in no other', () => {
  const asked = { accounts: 2, seed: 3, asOf: '2026-03-16' }
  const [changed, other] = [generateWorld(asked), structuredClone(generateWorld(asked))]
  for (const part of Object.values(changed.zendesk))
    for (const fields of [part.organization_fields, part.user_fields])
      for (const field of fields) Object.assign(field, { type: 'regexp', active: false, custom_field_options: [] })
  expect(generateWorld(asked)).toEqual(other)
})

test('the same options give the same world, another seed another one', () => {
  expect(generateWorld({ accounts: 40, seed: 3, asOf: '2026-03-16' })).toEqual(
    generateWorld({ accounts: 40, seed: 3, asOf: '2026-03-16' }),
  )
  expect(generateWorld({ accounts: 40, seed: 4, asOf: '2026-03-16' })).not.toEqual(
    generateWorld({ accounts: 40, seed: 3, asOf: '2026-03-16' }),
  )
  expect(JSON.parse(JSON.stringify(world))).toEqual(world)
  expect(generateWorld({ accounts: 0 }).salesforce['Account']).toEqual([])
})

test('a larger world begins like a smaller one', () => {
  expect(generateWorld({ accounts: 40, seed: 3, asOf: '2026-03-16' }).salesforce['Account']).toEqual(
    rows('Account').slice(0, 40),
  )
})

test('ids have 18 characters and are unique, lookups lead somewhere', () => {
  const ids = Object.values(world.salesforce).flatMap((table) => table.map((row) => text(row['Id'])))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => /^[0-9A-Za-z]{15}[A-Z0-5]{3}$/.test(id))).toBe(true)
  const known = new Set<unknown>([...ids, null])
  for (const [table, column] of [
    ['Account', 'Solutions_Architect_Lookup__c'],
    ['Account', 'Latest_Sold_To_Contact__c'],
    ['Contact', 'AccountId'],
    ['Zuora__Subscription__c', 'Zuora__Account__c'],
    ['Zuora__SubscriptionProductCharge__c', 'Zuora__Subscription__c'],
  ] as const) {
    expect(rows(table).filter((row) => !known.has(row[column]))).toEqual([])
  }
})

test('all kinds of accounts are there, with charges that the plans know', () => {
  const kinds = Map.groupBy(rows('Account'), (row) => row['Type'])
  expect(new Set(kinds.keys())).toEqual(new Set(['Customer', 'Former Customer', 'Partner', 'Prospect']))
  expect(new Set(kinds.get('Partner')?.map((row) => row['Partner_Track__c']))).toEqual(new Set(['Open', 'Select']))
  expect(rows('Account').map((row) => row['Id'])).toContain(world.allianceAccountId)
  // The plans of the fixtures are written as `type: [charge names]`.
  const plans = parse(readFileSync('test/fixtures/worlds/plain/plans.yaml', 'utf8')) as {
    subscriptions: { [type: string]: string[] }
  }
  const names = new Set(Object.values(plans.subscriptions).flat())
  const unknown = new Set(
    rows('Zuora__SubscriptionProductCharge__c')
      .map((row) => text(row['Zuora__SubscriptionRatePlanChargeName__c']))
      .filter((name) => !names.has(name)),
  )
  expect([...unknown]).toEqual(['GitLab Geo'])
})

/** True when the field can hold the value and the tags say the same. */
function isValid(field: Seed<Field> | undefined, value: unknown, tags: readonly string[]): boolean {
  switch (field?.type) {
    case 'checkbox':
      return typeof value === 'boolean' && (!value || tags.includes(field.key ?? ''))
    case 'integer':
      return Number.isInteger(value)
    case 'decimal':
      return typeof value === 'number'
    case 'dropdown':
      return (
        value === null ||
        (field.custom_field_options?.some((option) => option.value === value && tags.includes(option.value)) ?? false)
      )
    case undefined:
      return false
    case 'text':
    case 'textarea':
    case 'date':
    case 'regexp':
    case 'lookup':
    case 'multiselect':
      return value === null || typeof value === 'string'
  }
}

test.each(instances)('the organizations of %s are valid there', (_name, instance) => {
  const names = instance.organizations.map((organization) => organization.name?.trim().toLowerCase())
  expect(new Set(names).size).toBe(names.length)
  const fields = new Map(instance.organization_fields.map((field) => [field.key, field]))
  const wrong = instance.organizations.flatMap(({ name, organization_fields: values = {}, tags = [] }) =>
    Object.entries(values)
      .filter(([key, value]) => !isValid(fields.get(key), value, tags))
      .map(([key, value]) => ({ name, key, value })),
  )
  expect(wrong).toEqual([])
  const emails = instance.users.map((user) => user.email?.toLowerCase())
  expect(new Set(emails).size).toBe(emails.length)
})

test('some organizations drifted, some are new, few are to go: below 30 % and 5 %', () => {
  const accounts = new Map(rows('Account').map((row) => [row['Id'], row]))
  const organizations = world.zendesk['global']?.organizations ?? []
  const keyed = organizations.filter(
    (organization) => organization.organization_fields?.['salesforce_id'] !== undefined,
  )
  const owner = (row: World['salesforce'][string][number] | undefined): unknown => row?.['Account_Owner_Calc__c']
  const moved = keyed.filter(
    ({ organization_fields: values }) =>
      accounts.has(values?.['salesforce_id'] ?? null) &&
      owner(accounts.get(values?.['salesforce_id'] ?? null)) !== values?.['account_owner'],
  )
  const gone = keyed.filter(({ organization_fields: values }) => !accounts.has(values?.['salesforce_id'] ?? null))
  expect(moved.length / keyed.length).toBeGreaterThan(0.08)
  expect(moved.length / keyed.length).toBeLessThan(0.2)
  expect(gone.length).toBeGreaterThan(2)
  expect(gone.length / keyed.length).toBeLessThan(0.03)
  expect(world.protectedIds).toEqual([
    keyed.find((organization) => organization.name === 'GitLab')?.organization_fields?.['salesforce_id'],
  ])
  const present = new Set(keyed.map((organization) => organization.organization_fields?.['salesforce_id']))
  const absent = rows('Account').filter(
    (row) =>
      row['Type'] === 'Customer' && row['Support_Instance__c'] !== 'federal-support' && !present.has(row['Id'] ?? null),
  )
  expect(absent.length).toBeGreaterThan(10)
})

test(
  'fifty thousand accounts are no trouble, and the sandbox starts with its own world',
  { timeout: 60_000 },
  async () => {
    expect(
      generateWorld({ accounts: 50_000, asOf: '2026-03-16' }).zendesk['global']?.organizations.length,
    ).toBeGreaterThan(40_000)
    const sandbox = await startSandbox()
    expect(sandbox.salesforce.tables['Account']).toHaveLength(500)
    expect(sandbox.zendesk['us_gov']?.organizations.length).toBeGreaterThan(10)
    await sandbox.close()
  },
)
