import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Organization, type Sandbox } from 'zds/sandbox'
import { expectPlain, expectRefusal, scratch, writesTo } from '../cli/scratch.ts'
import { runsOf } from '../support/runs.ts'

const asOf = '2026-03-16'
/**
 * Half a year later much has expired, so that the limits do not hold. Whenever this runs, it is
 * another day.
 */
const later = '2026-11-24'
let sandbox: Sandbox

beforeEach(async () => {
  const world = generateWorld({ accounts: 60, seed: 1, asOf })
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
})
afterEach(() => sandbox.close())

const organizations = (): readonly Organization[] => sandbox.zendesk['global']?.organizations ?? []
const byKey = (key: string): Organization | undefined =>
  organizations().find((one) => one.organization_fields['salesforce_id'] === key)

describe('0 and 2', () => {
  test('--detailed-exitcode tells changes from none; without it both are 0', async () => {
    const here = scratch(sandbox.env)
    expect(await here.zds('plan', '--as-of', asOf)).toMatchObject({ code: 0 })
    expect(await here.zds('plan', '--detailed-exitcode', '--as-of', asOf)).toMatchObject({ code: 2 })
    expect(writesTo(sandbox)).toEqual([])
    expect(await runsOf(here, asOf).apply()).toMatchObject({ code: 0 })
    expect(await here.zds('plan', '--detailed-exitcode', '--as-of', asOf)).toMatchObject({ code: 0 })
  })
})

describe('3', () => {
  test('a plan beyond its limits is shown as usual, and not carried out (SAFE-01)', async () => {
    const here = scratch(sandbox.env)
    const plan = await here.zds('plan', '--out', 'plan.json', '--detailed-exitcode', '--as-of', later)
    expect(plan, plan.stderr).toMatchObject({ code: 2 })
    expect(plan.stdout).toMatch(/^STOPPED by \d limits?[^]*! global: .* would be updated/m)
    expect(plan.stderr).toMatch(
      /beyond its limits[^]*\n {2}zds apply plan\.json --approve [\da-f]{12} --as-of 2026-11-24$/m,
    )

    for (const args of [
      ['--yes', '--as-of', later],
      ['plan.json', '--as-of', later],
    ]) {
      const refused = await here.zds('apply', '--json', ...args)
      expectRefusal(refused, 'LIMIT_EXCEEDED', 3)
      expect(refused.stderr).toMatch(
        /✖ global: .* would be updated .* the limit is 30 %; without [\w, ]+ \d+: (\w{18}, ){5}… /,
      )
      expect(refused.stderr).toMatch(/--approve|--force/)
    }
    const redacted = await here.zds('apply', 'plan.json', '--redact', '--as-of', later)
    expectRefusal(redacted, 'LIMIT_EXCEEDED', 3)
    expect(redacted.stderr).toMatch(/✖ global: .* the limit is 30 %; without [\w, ]+ \d+ \[LIMIT_EXCEEDED\]\n/)
    expect(writesTo(sandbox)).toEqual([])
  })

  test('--force passes them, and the report says so', async () => {
    const result = await scratch(sandbox.env).zds('apply', '--yes', '--force', '--json', '--as-of', later)
    expect(result, result.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(result.stdout)).toMatchObject({ forced: true })
  })
})

describe('4', () => {
  test('rows that failed are named with the words of the service; the others are done (SAFE-03)', async () => {
    sandbox.faults.add({
      service: 'global',
      kind: 'rows',
      rows: { indexes: [0] },
      error: 'OrganizationUpdateFailed',
      details: 'Name: is \u001B[2Jtoo long',
    })
    const here = scratch(sandbox.env)
    const result = await here.zds('apply', '--yes', '--as-of', asOf)
    expect(result, result.stderr).toMatchObject({ code: 4 })
    expectPlain(result)
    expect(result.stdout).not.toContain('\u001B')
    const [, done, planned] = /^global: (\d+) of (\d+) changes done, 1 failed$/m.exec(result.stdout) ?? []
    expect(Number(planned) - Number(done)).toBe(1)
    expect(result.stdout).toMatch(/^ {2}✖ \w{18} {2}organization-update-failed: .*too long/m)

    expect(await runsOf(here, asOf).changes()).toHaveLength(1)
  })

  test('a job that is tried again ends as it did: what failed has not become well', async () => {
    sandbox.faults.add({ service: 'global', kind: 'rows', rows: { indexes: [0] }, error: 'OrganizationUpdateFailed' })
    const here = scratch(sandbox.env)
    await runsOf(here, asOf).save('plan.json')
    const apply = ['apply', 'plan.json', '--as-of', asOf]
    expect(await here.zds(...apply)).toMatchObject({ code: 4 })
    const sent = writesTo(sandbox).length
    const again = await here.zds(...apply)
    expect(again).toMatchObject({ code: 4 })
    expect(again.stdout).toMatch(/^This plan was carried out by run [^]*1 failed$[^]*organization-update-failed/m)
    expect(await here.zds(...apply, '--json')).toMatchObject({ code: 4 })
    expect(writesTo(sandbox)).toHaveLength(sent)
  })
})

describe('5', () => {
  test('a record that somebody changed after the plan is left as they left it; the others are done', async () => {
    const here = scratch(sandbox.env)
    const saved = await runsOf(here, asOf).save('plan.json')
    const updates = saved.syncs
      .flatMap(({ name, changes }) => (name === 'global' ? [...changes] : []))
      .filter(({ op }) => op === 'update')
    const [stale, ...others] = updates
    const field =
      Object.keys(stale?.fields ?? {}).find(
        (name) => name === 'account_owner' || name === 'technical_account_manager',
      ) ?? ''
    const headers = { 'Content-Type': 'application/json', Authorization: await token() }
    const body = JSON.stringify({ organization: { organization_fields: { [field]: 'By hand' } } })
    const edited = await fetch(`${sandbox.zendesk['global']?.url}/api/v2/organizations/${stale?.id}`, {
      method: 'PUT',
      headers,
      body,
    })
    expect(edited.status).toBe(200)

    const result = await here.zds('apply', 'plan.json', '--as-of', asOf)
    expect(result, result.stderr).toMatchObject({ code: 5 })
    expectPlain(result)
    expect(result.stdout).toMatch(/changes done, 1 stale$/m)
    expect(result.stdout).toContain(`✖ ${stale?.key}  changed-since-plan: `)
    expect(byKey(stale?.key ?? '')?.organization_fields[field]).toBe('By hand')
    expect(others.length).toBeGreaterThan(1)
    for (const { key, fields } of others) {
      const custom = Object.entries(fields).filter(([name]) => name !== 'name' && name !== 'external_id')
      const held = custom.map(([name]) => [name, byKey(key)?.organization_fields[name] ?? ''])
      expect(held, key).toEqual(custom.map(([name, { to }]) => [name, to ?? '']))
    }
  })
})

/** Signs in as anybody else would. */
async function token(): Promise<string> {
  const { env } = sandbox
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: env['ZENDESK_GLOBAL_CLIENT_ID'],
    client_secret: env['ZENDESK_GLOBAL_CLIENT_SECRET'],
    scope: 'read write',
  })
  const answer = await fetch(`${env['ZENDESK_GLOBAL_URL']}/oauth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  })
  const { access_token } = (await answer.json()) as { access_token: string } // the sandbox answers as Zendesk does
  return `Bearer ${access_token}`
}
