import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { RunWait } from 'zds'
import { generateWorld, startSandbox, type World } from 'zds/sandbox'
import { edit, scratch, type Change } from '../cli/scratch.ts'
import { runsOf } from '../support/runs.ts'

const asOf = '2026-03-16'
const world = generateWorld({ accounts: 120, seed: 1, asOf })
/** An account that has no organization yet. */
const NEWCOMER = '001000000043kksAAA'

type Some = World['zendesk'][string]['organizations'][number]

function accountOf(organization: Some | undefined): string {
  const account = organization?.organization_fields?.['salesforce_id']
  return typeof account === 'string' ? account : ''
}

/** Applies, looks at what waited, and holds that nothing is left to do. */
async function waitsOf(of: World, ...changes: readonly Change[]) {
  const sandbox = await startSandbox({ world: of, zendesk: { requestsPerMinute: 100_000 } })
  onTestFinished(() => sandbox.close())
  const here = scratch(sandbox.env, ...changes)
  const runs = runsOf(here, asOf)
  expect(await runs.apply({ force: true })).toMatchObject({ code: 0 })
  const { log } = JSON.parse((await here.zds('log', '--json')).stdout) as { log: { run: string; waits?: RunWait[] }[] } // as log.ts prints
  expect(await runs.changes()).toEqual([])
  return { here, sandbox, waits: log.flatMap(({ run, waits = [] }) => waits.map((wait) => ({ ...wait, run }))) }
}

test('users of a new organization wait for it, and the journal says so (SYN-12, SAFE-08)', async () => {
  const gov = world.zendesk['us_gov'] ?? { organizations: [], users: [], organization_fields: [], user_fields: [] }
  const coming = gov.organizations.find(({ id }) => id === 47000000000016)
  const account = accountOf(coming)
  const us_gov = {
    ...gov,
    organizations: gov.organizations.filter((one) => one !== coming),
    users: gov.users.filter((one) => one.organization_id !== coming?.id),
  }
  const { here, sandbox, waits } = await waitsOf({ ...world, zendesk: { ...world.zendesk, us_gov } })
  const made = sandbox.zendesk['us_gov']?.organizations.find((one) => one.external_id === account)
  const users = sandbox.zendesk['us_gov']?.users.filter((one) => one.organization_id === made?.id) ?? []
  expect(users.length).toBeGreaterThan(0)
  expect(waits).toMatchObject([{ sync: 'us-gov-users', because: 'ref', awaited: 'us-gov', count: users.length }])
  expect(waits[0]?.examples.map(([, awaited]) => awaited)).toContain(account)
  expect(Date.parse(waits[0]?.until ?? '')).toBeGreaterThan(Date.parse(waits[0]?.since ?? ''))
  const { stdout } = await here.zds('log')
  expect(stdout).toMatch(
    /us-gov-users: \d changes? waited for us-gov: records that they refer to \(\S+ after \w{18}.*\), \d\.\d s/,
  )
})

test('a record whose name another change sets free waits for that one, and the journal says so (SYN-20)', async () => {
  const accounts = world.salesforce['Account'] ?? []
  const nameOf = (id: string) => accounts.find((row) => row['Account_ID_18__c'] === id)?.['Name']
  const old = world.zendesk['global']?.organizations.find((one) => one.name === nameOf(accountOf(one)))
  const renamed = accountOf(old)
  const names = new Map([
    [renamed, `${old?.name} Holding`],
    [NEWCOMER, old?.name],
  ])
  const Account = accounts.map((row) => {
    const [, name] = [...names].find(([id]) => id === row['Account_ID_18__c']) ?? []
    return name === undefined ? row : { ...row, Name: name }
  })
  // A rule that holds names would keep the newcomer for the next run (AMB-20).
  const unheld = edit("  unique: 'name',\n", '')
  const { here, sandbox, waits } = await waitsOf({ ...world, salesforce: { ...world.salesforce, Account } }, unheld)
  const called = (id: string) => sandbox.zendesk['global']?.organizations.find((one) => one.external_id === id)?.name
  expect([called(renamed), called(NEWCOMER)]).toEqual([`${old?.name} Holding`, old?.name])
  expect(waits).toMatchObject([
    { sync: 'global', because: 'name', awaited: 'global', count: 1, examples: [[NEWCOMER, renamed]] },
  ])
  expect((await here.zds('log')).stdout).toContain(
    `global: 1 change waited for global: what nobody else may have, and is set free (${NEWCOMER} after ${renamed}), `,
  )
  const page = await here.zds('report', waits[0]?.run ?? '', '--html', 'page.html')
  expect(page, page.stderr).toMatchObject({ code: 0 })
  expect(readFileSync(join(here.directory, 'page.html'), 'utf8')).toMatch(
    /title="[^"]*1 change waited for global: what nobody else may have, and is set free"/,
  )
})
