import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { organizationFields } from '../../examples/third-instance/fields.ts'
import { runsOf, type Runs } from '../support/runs.ts'
import { emptied, sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../examples/third-instance/sync.config.ts'), 'utf8')
const { world, expected, environment } = sampleWorld('plain')

const inRegion = new Set(
  (world.salesforce['Account'] ?? []).flatMap((row) =>
    row['Account_Demographics_Geo__c'] === 'EMEA' ? [row['Account_ID_18__c']] : [],
  ),
)
/**
 * What Global should hold of the accounts of the region: the same customers, so the same values
 * under other names.
 */
const desired = expected.global.filter(
  ({ key, action, fields }) => action !== 'retire' && fields !== undefined && inRegion.has(key),
)
const expired = desired.filter(({ fields }) => fields?.['support_level'] === 'expired')
const active = desired.filter((one) => !expired.includes(one))
const [kept, moved] = active
const [late] = expired
const outside = expected.global.find(({ key, action }) => action === 'none' && !inRegion.has(key))

/** An instance that somebody has begun to fill by hand. */
const emea: World['zendesk'][string] = {
  organizations: [
    {
      id: 1,
      name: kept?.name ?? '',
      notes: 'by hand',
      organization_fields: { crm_id: kept?.key ?? '', plan: 'custom', favourite_agent: 'Sam' },
    },
    {
      id: 2,
      name: 'An old name',
      external_id: moved?.key ?? '',
      organization_fields: { crm_id: moved?.key ?? '', leaving: true },
    },
    { id: 3, name: late?.name ?? '', organization_fields: { crm_id: late?.key ?? '', plan: 'premium' } },
    { id: 4, name: 'Of another region', organization_fields: { crm_id: outside?.key ?? '', favourite_agent: 'Sam' } },
    { id: 5, name: 'Without an account', organization_fields: { favourite_agent: 'Sam' } },
  ],
  users: [{ name: 'Integration', email: 'integration@emea.example', role: 'admin' }],
  organization_fields: organizationFields,
  user_fields: [],
}

describe('the example of a third instance', () => {
  let sandbox: Sandbox
  let here: Project
  let runs: Runs
  let applied: Awaited<ReturnType<Runs['apply']>>
  let start: World

  beforeAll(async () => {
    sandbox = await startSandbox({ world: { ...world, zendesk: { ...world.zendesk, emea } } })
    start = sandbox.snapshot()
    here = project({ ...sandbox.env, ...environment })
    const at = (name: string): string => join(here.directory, name)
    renameSync(at('sync.config.ts'), at('reference.config.ts'))
    writeFileSync(at('sync.config.ts'), EXAMPLE.replace('../../sync.config.ts', './reference.config.ts'))
    runs = runsOf(here, expected.asOf)
    applied = await runs.apply()
  })
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })
  const organizations = () => sandbox.zendesk['emea']?.organizations ?? []
  const of = (key: string | undefined) => organizations().filter((one) => one.organization_fields['crm_id'] === key)

  test('one apply succeeds', () => {
    expect(applied).toMatchObject({ code: 0 })
    expect(active.length).toBeGreaterThan(10)
  })

  test('holds each active customer of the region once, in its own fields', () => {
    for (const { key, name, fields = {} } of [...active, ...(late ? [late] : [])]) {
      expect(of(key), key).toHaveLength(1)
      const [organization] = of(key)
      expect(organization).toMatchObject({ name: name?.trim(), external_id: key })
      const { crm_id, contract_end, ...values } = organization?.organization_fields ?? {}
      expect(crm_id).toBe(key)
      expect(typeof contract_end === 'string' ? contract_end.slice(0, 10) : null).toBe(fields['expiration_date'])
      expect(emptied(values['plan'])).toBe(fields['support_level'])
      expect(values['seats'] ?? 0).toBe(fields['seats_decimal'])
      expect(values['yearly_revenue'] ?? 0).toBe(fields['aar'] ?? 0)
      expect(values['company_size']).toBe(fields['sales_segmentation'])
      expect([values['on_hold'], values['leaving']]).toEqual([fields['support_hold'], false])
      expect([values['sub_gitlab_dedicated'], values['sub_ss_ase']]).toEqual([
        fields['sub_gitlab_dedicated'],
        fields['sub_ss_ase'],
      ])
    }
  })

  test('holds nobody else: an expired customer is not created, one of another region is marked by its own field, the rest is untouched', () => {
    expect(organizations()).toHaveLength(active.length + 3)
    expect(of(expired.at(-1)?.key)).toEqual([])
    const then = new Map(start.zendesk['emea']?.organizations.map((one) => [one.id, one]))
    const now = new Map(organizations().map((one) => [one.id, one]))
    expect(now.get(4)).toEqual({
      ...then.get(4),
      updated_at: now.get(4)?.updated_at,
      tags: ['leaving'], // the checkbox brings it along
      organization_fields: { ...then.get(4)?.organization_fields, leaving: true },
    })
    expect(now.get(5)).toEqual(then.get(5))
    expect(now.get(1)).toMatchObject({ notes: 'by hand', organization_fields: { favourite_agent: 'Sam' } })
  })

  test('the two other instances are what they are without it', async () => {
    const alone = await startSandbox({ world })
    const reference = project({ ...alone.env, ...environment })
    try {
      expect(await runsOf(reference, expected.asOf).apply()).toMatchObject({ code: 0 })
      for (const instance of ['global', 'us_gov']) {
        expect(settled(sandbox, instance)).toEqual(settled(alone, instance))
      }
    } finally {
      reference.remove()
      await alone.close()
    }
  })

  test('the next plan is empty, and names what was left', async () => {
    const { syncs } = await runs.plan()
    expect(syncs.map(({ name }) => name)).toEqual(['global', 'us-gov', 'emea', 'partners', 'us-gov-users'])
    expect(syncs.flatMap(({ changes }) => [...changes])).toEqual([])
    const left = syncs.find(({ name }) => name === 'emea')?.skipped ?? []
    expect(left).toContainEqual({ key: '', reason: 'no-key', id: '5', name: 'Without an account' })
    const held = left.flatMap(({ key, reason }) => (reason === 'expired-not-created' ? [key] : []))
    expect(held).toEqual(expect.arrayContaining(expired.flatMap(({ key }) => (key === late?.key ? [] : [key]))))
  })

  test('is a block: its own fields, accounts, target and rules, and one line in targets', async () => {
    const { stdout } = await here.zds('graph')
    for (const stage of [
      'gather:emea-rows',
      'gather:emea-accounts',
      'gather:emea-organizations',
      'compare:emea',
      'apply:emea',
    ])
      expect(stdout).toContain(stage)
  })
})

/**
 * What an instance holds, without what differs from run to run: addresses, moments and the ids of
 * new records.
 */
function settled(sandbox: Sandbox, instance: string) {
  const { organizations = [], users = [] } = sandbox.zendesk[instance] ?? {}
  const names = new Map(organizations.map(({ id, name }) => [id, name]))
  return {
    organizations: organizations
      .map(({ id: _i, url: _u, created_at: _c, updated_at: _n, ...rest }) => JSON.stringify(rest))
      .toSorted((a, b) => (a < b ? -1 : 1)),
    users: users
      .map(({ id: _i, url: _u, created_at: _c, updated_at: _n, organization_id: home, ...rest }) =>
        JSON.stringify({ ...rest, home: home === null ? null : names.get(home) }),
      )
      .toSorted((a, b) => (a < b ? -1 : 1)),
  }
}
