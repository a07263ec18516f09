import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Change, Plan } from 'zds'
import { generateWorld, startSandbox, type Fault, type Sandbox } from 'zds/sandbox'
import { scratch } from '../cli/scratch.ts'
import { failureOf, runsOf, type Runs } from '../support/runs.ts'
import { proxyTo } from '../support/tls.ts'
import type { Project } from '../support/zds.ts'

const asOf = '2026-03-16'
const world = generateWorld({ accounts: 40, seed: 1, asOf })
const FAULTS = join(import.meta.dirname, '../fixtures/refusals')

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

/** A sandbox with faults of a fault file, or these, and a project that talks to it. */
async function meeting(faults: string | readonly Fault[]): Promise<Project & Runs> {
  const list = typeof faults === 'string' ? (JSON.parse(readFileSync(join(FAULTS, faults), 'utf8')) as Fault[]) : faults // a fault file holds a list of faults
  open = await startSandbox({ world, faults: list, salesforce: { batchSize: 200 } })
  const here = scratch({ ...open.env, ZDS_HTTP_BASE_DELAY_MS: '5' })
  return { ...here, ...runsOf(here, asOf) }
}

/** The changes that are due where nothing is in the way. */
async function due(): Promise<readonly Change[]> {
  const changes = await (await meeting([])).changes()
  await open?.close()
  return changes
}

describe('Salesforce refuses', () => {
  test.each(['concurrent.faults.json', 'login-retry.faults.json'])(
    'for the moment (%s): the plan waits, says so, and is as if nothing had been',
    async (faults) => {
      const plain = await due()
      const result = await (await meeting(faults)).zds('plan', '--json', '--as-of', asOf)
      expect(result.code, result.stderr).toBe(0)
      const { syncs } = JSON.parse(result.stdout) as Plan // what --json prints
      expect(syncs.flatMap(({ changes }) => [...changes])).toEqual(plain)
      expect(open?.faults.fired).toHaveLength(1)
      expect(result.stderr).toMatch(/salesforce: status 40[03], trying again in/)
    },
  )

  test('because its API is switched off: told in its words, and what to do (SAFE-07)', async () => {
    const { code, stderr } = await failureOf((await meeting('api-disabled.faults.json')).plan())
    expect(code).toBe(1)
    expect(stderr).toMatch(/API_DISABLED_FOR_ORG: The REST API is not enabled for this Organization\./)
    expect(stderr).toMatch(/has to enable the API for the org/)
    expect(stderr).not.toMatch(/does not exist/)
  })
})

describe('a service names its limits', () => {
  const spent = (reset: string): Fault => ({
    service: 'global',
    path: '/users/me',
    kind: 'headers',
    headers: { 'x-rate-limit-remaining': '0', 'ratelimit-remaining': '0', 'ratelimit-reset': reset },
  })

  test('a wait before anything is read is told, and is not longer than the service asks', async () => {
    const start = performance.now()
    const { code, stderr } = await (await meeting([spent('2')])).zds('plan', '--as-of', asOf)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('global: rate limit, waiting 2 s')
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  test('a wait of hours ends the run by name', async () => {
    const slow: Fault = { service: 'global', path: '/users/me', kind: 'status', status: 429, retryAfter: 7200 }
    const { code, stderr } = await failureOf((await meeting([slow])).plan())
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[HTTP_UNAVAILABLE\].*[^]*global: .* answered 429.*, and asks to wait 2 hours/)
    expect(stderr).toContain('zds waits at most 10 minutes')
  })
})

describe('Zendesk refuses a whole batch', () => {
  test('for one of its rows: the others are written, that one is told, and the next plan holds nothing else (SAFE-03)', async () => {
    const [fault] = JSON.parse(readFileSync(join(FAULTS, 'whole-batch-422.faults.json'), 'utf8')) as Fault[] // as above
    const ids = (await changed()).map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(3)
    const guilty = ids[1] ?? ''
    const here = await meeting(fault === undefined ? [] : [{ ...fault, body: `"id":${guilty},` }])
    const { code, stdout, stderr } = await here.zds('apply', '--yes', '--as-of', asOf)
    expect(code, stderr).toBe(4)
    expect(stdout).toMatch(/1 failed\n.* too-long: .*Name: is too long \(maximum is 255 characters\)/)
    open?.faults.clear()
    expect((await here.changes()).map(({ id }) => id)).toEqual([guilty])
  })

  test('for all of them: each is told, and nothing is written', async () => {
    const updates = (await changed()).map(({ key }) => key)
    const { code, syncs } = await (await meeting('whole-batch-422.faults.json')).apply()
    expect(code).toBe(4)
    const failures = syncs.flatMap((sync) => sync.failures ?? [])
    expect(failures.filter((one) => one.code === 'too-long').map(({ key }) => key)).toEqual(updates)
  })

  /** The updates and retires that Global needs. */
  async function changed(): Promise<readonly Change[]> {
    const plan = await (await meeting([])).plan()
    await open?.close()
    return plan.syncs.flatMap(({ name, changes }) =>
      name === 'global' ? [...changes].filter(({ op }) => op !== 'create') : [],
    )
  }
})

test('an answer without end is not read to its end', async () => {
  const fault: Fault = { service: 'us_gov', path: '/organizations?page', kind: 'large', bytes: 3_000_000 }
  open = await startSandbox({ world, faults: [fault] })
  const here = scratch({ ...open.env, ZDS_HTTP_MOST_BYTES: '2000000' })
  const { code, stderr } = await failureOf(runsOf(here, asOf).plan())
  expect(code).toBe(1)
  expect(stderr).toMatch(/\[HTTP_UNREADABLE\] us-gov: GET .* answered 200 with more than 2 MB/)
})

test('a proxy that stands in the .env file is used, for what leaves this machine', async () => {
  const proxy = await proxyTo(503)
  open = await startSandbox({ world })
  const { SALESFORCE_LOGIN_URL: _, ...env } = open.env
  const beside = { SALESFORCE_LOGIN_URL: 'https://acme.my.salesforce.com', HTTPS_PROXY: proxy.url }
  const text = Object.entries(beside).map(([name, value]) => `${name}=${value}\n`)
  const here = scratch({ ...env, ZDS_HTTP_BASE_DELAY_MS: '5' }, (directory) =>
    writeFileSync(join(directory, '.env'), text.join('')),
  )
  const { code, stderr } = await here.zds('plan', '--as-of', asOf)
  expect(code).toBe(1)
  expect(stderr).toContain('salesforce: POST /services/oauth2/token: the proxy of HTTPS_PROXY answered 503')
  expect(new Set(proxy.asked)).toEqual(new Set(['acme.my.salesforce.com:443']))
  expect(open.requests.filter(({ service }) => service === 'global').length).toBeGreaterThan(0)
})
