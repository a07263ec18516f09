import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import type { Plan } from 'zds'
import { expectRefusal } from '../cli/scratch.ts'
import { runsOf, type Runs } from '../support/runs.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const asOf = ['--as-of', '2026-03-16']

let sandbox: Sandbox
let here: Project
let runs: Runs
let applied: Awaited<ReturnType<Runs['apply']>>
let first: Plan

beforeAll(async () => {
  sandbox = await startSandbox({
    world: generateWorld({ accounts: 60, seed: 1, asOf: '2026-03-16' }),
    zendesk: { requestsPerMinute: 100_000 },
  })
  here = project(sandbox.env)
  runs = runsOf(here, '2026-03-16')
  first = await runs.plan()
  const words = { error: 'OrganizationUpdateFailed', details: 'Busy, "try" again' }
  sandbox.faults.add({ service: 'global', kind: 'rows', rows: { indexes: [0] }, ...words })
  applied = await runs.apply()
})
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

const planIn = ({ code, stdout, stderr }: Result): Plan => {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as Plan // what --json prints
}
const keysOf = (plan: Plan): string[] =>
  plan.syncs.flatMap(({ name, changes }) => [...changes].map(({ key }) => `${name} ${key}`))
const outcomes = async (...args: string[]): Promise<string> => (await here.zds('outcomes', 'last', ...args)).stdout

describe('what became of each change (SAFE-03)', () => {
  test('is exported as NDJSON: every change of the plan once, with its status, id or code', async () => {
    expect(applied).toMatchObject({ code: 4 })
    const rows = (await outcomes())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row) // what it prints
    expect(rows.map(({ sync, key }) => `${sync} ${key}`)).toEqual(keysOf(first))
    const [failed, ...more] = rows.filter(({ status }) => status !== 'done')
    expect(more).toEqual([])
    expect(failed).toMatchObject({ sync: 'global', status: 'failed', id: null, code: 'organization-update-failed' })
    expect(failed?.message).toContain('Busy, "try" again')
    for (const { id } of rows.filter(({ status }) => status === 'done')) expect(id).toMatch(/^\d+$/)
  })

  test('or as CSV, with quotes where a text needs them', async () => {
    const lines = (await outcomes('--format', 'csv')).split('\r\n')
    expect(lines[0]).toBe('\uFEFFsync,op,key,status,id,code,message,name,reason,from,to,drift')
    expect(lines).toHaveLength(keysOf(first).length + 2)
    expect(lines.filter((line) => line.includes(',failed,'))).toEqual([
      expect.stringContaining(',"global: Busy, ""try"" again'),
    ])
  })
})

describe('zds plan --failed-from', () => {
  test('plans what a run did not get done, and nothing that has come up since; an apply of it does just that', async () => {
    const failed = (await outcomes()).split('\n').find((line) => line.includes('"failed"'))
    const { key } = JSON.parse(failed ?? '{}') as Row // as above
    const premium = (sandbox.zendesk['global']?.organizations ?? []).filter(
      ({ organization_fields: fields }) => fields['support_level'] === 'premium',
    )
    const ids = new Set<unknown>(premium.map(({ organization_fields: fields }) => fields['salesforce_id']))
    const other = sandbox.salesforce.tables['Account']?.find(({ Id: id }) => id !== key && ids.has(id)) ?? { Id: null }
    other['Account_Owner_Calc__c'] = 'Somebody New'
    expect(keysOf(await runs.plan())).toHaveLength(2)

    const rest = planIn(await here.zds('plan', '--failed-from', 'last', '--json', '--out', 'rest.json', ...asOf))
    expect(keysOf(rest)).toEqual([`global ${key}`])
    expect(await here.zds('apply', 'rest.json', ...asOf)).toMatchObject({ code: 0 })
    expect(keysOf(await runs.plan())).toEqual([`global ${JSON.stringify(other.Id)}`.replaceAll('"', '')])
  })

  test('of a run that nobody knows is refused', async () => {
    const result = await here.zds('plan', '--failed-from', '20260101T000000-abcdef', ...asOf)
    expectRefusal(result, 'USAGE')
    expect(result.stderr).toContain('There is no run 20260101T000000-abcdef')
  })
})

type Row = {
  readonly sync: string
  readonly key: string
  readonly status: string
  readonly id: string | null
  readonly code: string | null
  readonly message: string | null
}
