import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { project, type Project } from '../support/zds.ts'

type Entry = {
  run: string
  kind: string
  status?: string
  changes?: number
  done?: number
  error?: { code: string; message: string }
  ofKey?: { op: string; key: string; name?: string; fields: object; drift?: string[]; outcome?: { status: string } }[]
}

const asOf = '2026-03-16'
let sandbox: Sandbox
let here: Project

beforeAll(async () => {
  const world = generateWorld({ accounts: 20, seed: 1, asOf })
  const { us_gov: gov = { organizations: [], users: [], organization_fields: [], user_fields: [] } } = world.zendesk
  const users = [...gov.users, { name: 'Left', email: 'left@agency.example', role: 'end-user' as const }]
  sandbox = await startSandbox({
    world: { ...world, zendesk: { ...world.zendesk, us_gov: { ...gov, users } } },
    zendesk: { requestsPerMinute: 100_000 },
  })
  here = project({ ...sandbox.env, ZDS_HTTP_ATTEMPTS: '1' })
})
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

async function log(...options: readonly string[]): Promise<Entry[]> {
  const { stdout } = await here.zds('log', '--json', ...options)
  return (JSON.parse(stdout) as { log: Entry[] }).log // what log.ts prints
}

const organizations = () => sandbox.zendesk['global']?.organizations ?? []

function organizationOf(key: string) {
  const organization = organizations().find(({ external_id: id }) => id === key)
  if (organization === undefined) throw new Error(`The organization of ${key} is not there`)
  return organization
}

const editedBySomebody = (id: number) =>
  fetch(`${sandbox.env['ZENDESK_GLOBAL_URL']}/api/v2/organizations/${id}.json`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from('integration@global.example/token:sandbox-global-token').toString('base64')}`,
    },
    body: JSON.stringify({ organization: { organization_fields: { account_owner: 'Somebody Else' } } }),
  })

describe('zds log', () => {
  test('remembers plans, refusals, failures before anything was sent, and applies', async () => {
    expect(await log()).toEqual([])
    expect(await here.zds('plan', '--as-of', asOf)).toMatchObject({ code: 0 })
    sandbox.faults.add({ service: 'us_gov', path: '/users/me', kind: 'status', status: 503 })
    expect(await here.zds('plan', '--as-of', asOf)).toMatchObject({ code: 1 })
    sandbox.faults.clear()
    expect(await here.zds('plan', '--as-of', asOf, '--out', 'plan.json')).toMatchObject({ code: 0 })
    expect(await here.zds('apply', 'plan.json', '--as-of', '2026-06-01')).toMatchObject({ code: 5 })
    expect(await here.zds('apply', '--yes', '--force', '--as-of', asOf)).toMatchObject({ code: 0 })

    const all = await log()
    expect(all.map(({ kind }) => kind)).toEqual(['apply', 'plan', 'refused', 'plan', 'failed', 'plan'])
    const [apply, plan, refused, , failed] = all
    expect(apply).toMatchObject({ run: plan?.run, status: 'done', changes: plan?.changes, done: plan?.changes })
    expect(refused?.error?.code).toBe('PLAN_DATE')
    expect(failed?.error).toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: expect.stringContaining('us-gov') as string,
    })
    expect((await log('--failed')).map(({ kind }) => kind)).toEqual(['refused', 'failed'])
    expect(await log('--since', '0h')).toEqual([])
    const { stdout } = await here.zds('log')
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d [\d:]{8} {2}apply .* done, /m)
    expect(stdout).toMatch(/^ {4}\[PLAN_DATE\] /m)
  })

  test('of one record: what each run did to it, and which value somebody had changed meanwhile', async () => {
    const [first] = await log('--key', organizations().at(-1)?.external_id ?? '')
    const key = first?.ofKey?.[0]?.key ?? ''
    expect(first).toMatchObject({ kind: 'apply', ofKey: [{ op: 'create', outcome: { status: 'done' } }] })
    expect((await log('--key', key.slice(0, 15))).map(({ kind }) => kind)).toEqual(['apply', 'plan', 'plan', 'plan'])

    const organization = organizationOf(key)
    expect(await log('--key', String(organization.id))).toMatchObject([
      { kind: 'apply', ofKey: [{ op: 'create', key }] },
    ])
    expect((await log('--key', ' Left@AGENCY.example'))[0]?.ofKey).toMatchObject([{ op: 'retire' }])
    await editedBySomebody(organization.id)
    expect(await here.zds('apply', '--yes', '--force', '--as-of', asOf)).toMatchObject({ code: 0 })
    const [last] = await log('--key', key)
    expect(last?.ofKey).toMatchObject([
      { op: 'update', drift: ['account_owner'], fields: { account_owner: { from: 'Somebody Else' } } },
    ])
    expect((await here.zds('log', '--key', organization.name)).stdout).toContain('(somebody had changed it)')
    expect((await here.zds('log', '--key', 'Nobody Inc')).stdout).toContain('give its key, its id, or its whole name')
    const again = JSON.parse((await here.zds('plan', '--json', '--as-of', asOf)).stdout) as {
      syncs: { changes: unknown[] }[]
    } // a plan
    expect(again.syncs.flatMap(({ changes }) => changes)).toEqual([])
  })

  test('outcomes name the record and have the values from and to', async () => {
    const rows = (await here.zds('outcomes', 'last')).stdout.trim().split('\n')
    expect(rows.map((row) => JSON.parse(row) as object)).toMatchObject([
      {
        drift: ['account_owner'],
        sync: 'global',
        op: 'update',
        status: 'done',
        reason: null,
        from: { account_owner: 'Somebody Else' },
      },
    ])
    expect((await here.zds('outcomes', 'last', '--format', 'csv')).stdout).toMatch(
      /,"\{""account_owner"":""Somebody Else""/,
    )
  })

  test('knows what was written before whatever is asked for', async () => {
    const [{ ofKey: [{ key = '' } = {}] = [] } = {}] = await log('--key', organizations().at(-1)?.external_id ?? '')
    await editedBySomebody(organizationOf(key).id)
    sandbox.faults.add({ service: 'global', method: 'PUT', path: '/organizations', kind: 'status', status: 422 })
    expect(await here.zds('apply', '--yes', '--force', '--as-of', asOf)).toMatchObject({ code: 4 })
    sandbox.faults.clear()
    const [failed] = await log('--key', key, '--failed')
    expect(failed?.ofKey).toMatchObject([{ outcome: { status: 'failed' }, drift: ['account_owner'] }])
    expect(await here.zds('apply', '--yes', '--force', '--as-of', asOf)).toMatchObject({ code: 0 })
    expect(await here.zds('plan', '--as-of', asOf, '--detailed-exitcode')).toMatchObject({ code: 0 })
  })
})
