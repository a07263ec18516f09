import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Organization, type Sandbox, type World } from 'zds/sandbox'
import type { Change, Plan } from 'zds'
import { edit } from '../cli/scratch.ts'
import { failureOf, runsOf, type Runs } from '../support/runs.ts'
import { project, type Project } from '../support/zds.ts'

/**
 * docs/add-a-field.md, carried out: one line in sync.config.ts, the field in Zendesk, the column in
 * Salesforce.
 */
const asOf = '2026-03-16'
const LINE = `  account_industry: text('Industry'),\n`
const GLOBAL = `const globalFields = {\n  ...customer,\n`
const US_GOV = `const usGovFields = {\n  ...customer,\n`
const PARTNERS = `const partnerFields = {\n  ...shared,\n`

let sandbox: Sandbox
let here: Project
let runs: Runs

beforeEach(async () => {
  sandbox = await startSandbox({
    world: withField(generateWorld({ accounts: 60, seed: 1, asOf })),
    zendesk: { requestsPerMinute: 100_000 },
  })
  // Everything else is in step, so that what a plan shows is the new field.
  here = project(sandbox.env)
  runs = runsOf(here, asOf)
  const { code } = await runs.apply()
  if (code !== 0) throw new Error(`The first apply ended with ${code}`)
})
afterEach(async () => {
  here.remove()
  await sandbox.close()
})

/**
 * The world with the column Industry of each account, and the organization field in each instance.
 */
function withField({ salesforce, zendesk, ...rest }: World): World {
  const accounts = (salesforce['Account'] ?? []).map((row, index) => ({
    ...row,
    Industry: ['Energy', 'Finance', null][index % 3] ?? null,
  }))
  const instances = Object.entries(zendesk).map(([name, instance]) => {
    const field = { key: 'account_industry', type: 'text' as const, title: 'Industry' }
    return [name, { ...instance, organization_fields: [...instance.organization_fields, field] }] as const
  })
  return { ...rest, salesforce: { ...salesforce, Account: accounts }, zendesk: Object.fromEntries(instances) }
}

const lineCount = (): number => readFileSync(join(here.directory, 'sync.config.ts'), 'utf8').split('\n').length
const changesOf = ({ syncs }: Plan, name: string) => syncs.find((sync) => sync.name === name)?.changes ?? []
const industry = (key: string): unknown =>
  sandbox.salesforce.tables['Account']?.find((row) => row['Account_ID_18__c'] === key)?.['Industry']
/** Ids that an update sets on the way (SAFE-05) are no matter of the field. */
const without = (fields: Change['fields']) =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== 'external_id'))
const keyOf = ({ organization_fields: { salesforce_id: key } }: Organization): string =>
  typeof key === 'string' ? key : ''
const value = (one: Organization): unknown => one.organization_fields['account_industry'] ?? null
const held = (instance: string): readonly Organization[] => sandbox.zendesk[instance]?.organizations ?? []
const queried = (): number =>
  sandbox.requests.filter(
    ({ service, query }) => service === 'salesforce' && / Industry|,Industry/.test(query['q'] ?? ''),
  ).length

describe('one line in the table of one instance', () => {
  test('is queried, compared, planned and written there, and nowhere else', async () => {
    expect(queried()).toBe(0)
    const before = lineCount()
    const usGov = JSON.stringify(held('us_gov'))
    edit(GLOBAL, `${GLOBAL}${LINE}`)(here.directory)
    expect(lineCount()).toBe(before + 1)

    const plan = await runs.plan()
    expect(queried()).toBeGreaterThan(0)
    const changes = changesOf(plan, 'global')
    expect(changes.length).toBeGreaterThan(10)
    for (const { op, key, fields } of changes) {
      expect({ op, fields: without(fields) }).toEqual({
        op: 'update',
        fields: { account_industry: { from: null, to: industry(key) } },
      })
    }
    for (const name of ['us-gov', 'partners', 'us-gov-users']) expect(changesOf(plan, name)).toEqual([])

    expect(await runs.apply({ force: true })).toMatchObject({ code: 0 })
    for (const { key, id } of changes)
      expect(
        held('global')
          .filter((one) => String(one.id) === id)
          .map(value),
      ).toEqual([industry(key)])
    expect(JSON.stringify(held('us_gov'))).toBe(usGov)
    expect(await runs.changes()).toEqual([])
  })

  test('removing the line again leaves the field and its values alone', async () => {
    edit(GLOBAL, `${GLOBAL}${LINE}`)(here.directory)
    expect(await runs.apply({ force: true })).toMatchObject({ code: 0 })
    const before = JSON.stringify(held('global'))
    expect(held('global').filter((one) => value(one) !== null).length).toBeGreaterThan(10)

    edit(LINE, '')(here.directory)
    expect(await runs.changes()).toEqual([])
    expect(await runs.apply()).toMatchObject({ code: 0 })
    expect(JSON.stringify(held('global'))).toBe(before)
  })
})

test('one line in each table: every instance, and partners, have it', async () => {
  const before = lineCount()
  for (const table of [GLOBAL, US_GOV, PARTNERS]) edit(table, `${table}${LINE}`)(here.directory)
  expect(lineCount()).toBe(before + 3)
  expect(await runs.apply({ force: true })).toMatchObject({ code: 0 })
  for (const instance of ['global', 'us_gov']) {
    const known = held(instance).filter(
      (one) => one.organization_fields['mark_for_deletion'] !== true && typeof industry(keyOf(one)) === 'string',
    )
    expect(known.length).toBeGreaterThan(0)
    for (const one of known)
      expect({ key: keyOf(one), value: value(one) }).toEqual({ key: keyOf(one), value: industry(keyOf(one)) })
  }
  expect(await runs.changes()).toEqual([])
})

test('one line in the table that both share is enough for both', async () => {
  edit('const shared = {\n', `const shared = {\n${LINE}`)(here.directory)
  const plan = await runs.plan()
  for (const name of ['global', 'us-gov']) {
    expect(changesOf(plan, name).length, name).toBeGreaterThan(0)
    for (const { fields } of changesOf(plan, name)) expect(Object.keys(without(fields))).toEqual(['account_industry'])
  }
})

test('before the field is in Zendesk, the plan is refused and says what to do (SAFE-07)', async () => {
  edit(GLOBAL, `${GLOBAL}  account_sector: text('Industry'),\n`)(here.directory)
  const result = await failureOf(runs.plan())
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(result.stderr).toMatch(
    /✖ global: organization field account_sector: does not exist \[FIELD_UNKNOWN\]\n +Create it in Zendesk/,
  )
})
