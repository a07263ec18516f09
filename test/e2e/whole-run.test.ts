import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, type Plan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { runsOf, type Runs } from '../support/runs.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')

let sandbox: Sandbox
let here: Project
let plans: { first: Plan; again: Plan; fresh: Plan }
/**
 * What the first plan, the second one beside its `.zds/`, and one in a fresh checkout have asked
 * for.
 */
let asked: string[][]
let applied: Awaited<ReturnType<Runs['apply']>>

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project({ ...sandbox.env, ...environment })
  const elsewhere = project({ ...sandbox.env, ...environment })
  const first = await planned(here)
  const again = await planned(here)
  const fresh = await planned(elsewhere)
  elsewhere.remove()
  plans = { first: first.plan, again: again.plan, fresh: fresh.plan }
  asked = [first.asked, again.asked, fresh.asked]
  applied = await runsOf(here, expected.asOf).apply()
})
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

async function planned(where: Project): Promise<{ plan: Plan; asked: string[] }> {
  const before = sandbox.requests.length
  const plan = await runsOf(where, expected.asOf).plan()
  const made = sandbox.requests
    .slice(before)
    .map(({ service, method, path, query }) => `${service} ${method} ${withoutLocator(path)} ${JSON.stringify(query)}`)
  return { plan, asked: made.toSorted() }
}

/** Salesforce names each result anew. */
const withoutLocator = (path: string): string => path.replace(/\/query\/\w+-/, '/query/…-')

const writes = () => sandbox.requests.filter(({ method, path }) => method !== 'GET' && !/\/oauth2?\/token/.test(path))

describe('a whole run', () => {
  test('GEN-01: reads Salesforce, and writes to the two Zendesk instances and nowhere else but Slack', () => {
    expect(applied).toMatchObject({ code: 0 })
    expect(new Set(writes().map(({ service }) => service))).toEqual(new Set(['global', 'us_gov', 'slack']))
    const others = sandbox.requests.filter(({ service, method }) => service === 'salesforce' && method !== 'GET')
    expect(new Set(others.map(({ path }) => path))).toEqual(new Set(['/services/oauth2/token']))
  })

  test('GEN-05: reads everything each time: an earlier run, and what it left, change neither what is asked for nor the plan', () => {
    expect(plans.first.syncs.every(({ changes }) => changes.length > 0)).toBe(true)
    expect(plans.again.digest).toBe(plans.first.digest)
    expect(plans.fresh.digest).toBe(plans.first.digest)
    expect(asked[1]).toEqual(asked[0])
    expect(asked[2]).toEqual(asked[0])
  })

  test('SFA-01: asks for the accounts of type Customer and Former Customer', () => {
    const [soql = ''] = queries('Zuora__Subscriptions__r')
    expect(soql).toMatch(/ FROM Account WHERE Type IN \('Customer','Former Customer'\)$/)
  })

  test('PROC-01: reads accounts, organizations and users once, though several stages need them', () => {
    const [first = []] = asked
    expect(first.filter((line) => line.includes('Zuora__Subscriptions__r'))).toHaveLength(1)
    for (const list of [
      'global GET /api/v2/organizations ',
      'us_gov GET /api/v2/organizations ',
      'us_gov GET /api/v2/users ',
    ]) {
      const pages = first.filter((line) => line.startsWith(list))
      expect(
        pages.filter((line) => !line.includes('page[after]')),
        list,
      ).toHaveLength(1)
    }
  })

  test('PROC-49: leaves the records of each instance as an artifact', () => {
    const runs = join(here.directory, '.zds/runs')
    const [first = ''] = readdirSync(runs).toSorted()
    for (const [name, sync] of [
      ['global-accounts', 'global'],
      ['us-gov-accounts', 'us-gov'],
    ] as const) {
      const file = join(runs, first, `gather.${name}.ndjson.zst`)
      expect(existsSync(file)).toBe(true)
      const records = zstdDecompressSync(readFileSync(file))
        .toString('utf8')
        .split('\n')
        .filter((line) => line.includes('"kind":"record"'))
      expect(records).toHaveLength(plans.first.syncs.find(({ name: one }) => one === sync)?.desired ?? -1)
    }
  })

  test('GEN-08: partners are organizations of Global only; users are kept in US Government, and come to Global with a new organization only', () => {
    const types: ReadonlySet<unknown> = new Set(['alliance_partner', 'open_partner', 'select_partner'])
    const partnersOf = (instance: string) =>
      (sandbox.zendesk[instance]?.organizations ?? []).filter(({ organization_fields: fields }) =>
        types.has(fields['account_type']),
      )
    expect(partnersOf('global').length).toBeGreaterThan(0)
    expect(partnersOf('us_gov')).toEqual([])

    const toUsers = writes().filter(({ path }) => path.includes('/users'))
    expect(new Set(toUsers.filter(({ path }) => path.endsWith('/update_many')).map(({ service }) => service))).toEqual(
      new Set(['us_gov']),
    )
    const then = new Set((world.zendesk['global']?.organizations ?? []).map(({ id }) => id))
    const born = new Set(
      (sandbox.zendesk['global']?.organizations ?? []).flatMap(({ id }) => (then.has(id) ? [] : [id])),
    )
    const inGlobal = toUsers.filter(({ service }) => service === 'global')
    expect(inGlobal.length).toBeGreaterThan(0)
    for (const { body } of inGlobal) {
      const user = isObject(body) ? body['user'] : undefined
      expect(born).toContain(isObject(user) ? user['organization_id'] : undefined)
    }
  })
})

function queries(part: string): string[] {
  return sandbox.requests.flatMap(({ query: { q = '' } }) => (q.includes(part) ? [q] : []))
}
