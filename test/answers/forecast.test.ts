import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, type Forecast, type Plan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { running } from '../cli/scratch.ts'
import { emptied, organizationOf, sampleWorld } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')
const UNTIL = addDays(expected.asOf, 90)

let sandbox: Sandbox
let here: Project
let requests: number

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project({ ...sandbox.env, ...environment })
  await here.zds('plan', '--as-of', expected.asOf)
  requests = sandbox.requests.length
}, 120_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

/** The command line of somebody who has no secret and no token. */
const withoutSecrets = (...args: readonly string[]): Promise<Result> => {
  const known = Object.entries({ ...sandbox.env, ...environment }).filter(([name]) => !/SECRET|TOKEN/.test(name))
  return running(here, Object.fromEntries(known), ...args, '--from', 'last').ended
}

function documentIn({ code, stdout, stderr }: Result): unknown {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

test('says each change that a plan of that day will have, its day and its cause; no request is made', async () => {
  const { asOf, until, syncs } = documentIn(await withoutSecrets('forecast', '--until', UNTIL, '--json')) as Forecast // what --json prints
  expect({ asOf, until }).toEqual({ asOf: expected.asOf, until: UNTIL })
  expect(syncs.map(({ name }) => name)).toEqual(['global', 'us-gov', 'partners', 'us-gov-users'])
  const then = documentIn(await withoutSecrets('plan', '--as-of', UNTIL, '--json')) as Plan // likewise
  const fields = new Set<string>()
  for (const { name, changes } of syncs) {
    expect(changes.map(({ on }) => on)).toEqual(changes.map(({ on }) => on).toSorted())
    const planned = new Map(
      [...(then.syncs.find((sync) => sync.name === name)?.changes ?? [])].map((one) => [one.key, one]),
    )
    const last = new Map(changes.map((change) => [JSON.stringify([change.key, change.field]), change]))
    for (const { key, on, field, to, because } of last.values()) {
      fields.add(field)
      expect(on > expected.asOf && on <= UNTIL, on).toBe(true)
      expect(because).toMatch(/\S/)
      // A record that an apply of today would create, a plan of then knows nothing of.
      if (isNew(name, key)) continue
      const change = planned.get(key)
      const live = organizationOf(sandbox.zendesk[name === 'global' ? 'global' : 'us_gov']?.organizations ?? [], {
        key,
        action: 'none',
      })
      const written = change?.fields[field]
      const value =
        written === undefined ? (change?.op === 'retire' ? to : live?.organization_fields[field]) : written.to
      expect(emptied(value), `${key} ${field}`).toEqual(emptied(to))
    }
  }
  for (const field of ['support_level', 'account_type', 'aar', 'mark_for_deletion']) expect(fields).toContain(field)
  expect(sandbox.requests.slice(requests)).toEqual([])
})

const isNew = (sync: string, key: string): boolean =>
  [...expected.global, ...expected['us-gov']].some(
    (one) => one.key === key && one.action === 'create' && (one as { sync?: string }).sync?.replace('_', '-') === sync, // each has one
  )

test('text is a chart, what changes most, and each record with its day and cause', async () => {
  const { stdout } = await withoutSecrets('forecast', '--until', UNTIL)
  expect(stdout).toMatch(new RegExp(`^From ${expected.asOf} until ${UNTIL}: \\d+ turns by time alone`))
  expect(stdout).toMatch(/^ {2}\d{4}-\d\d {2}#+ \d+$/m)
  expect(stdout).toMatch(/^ +\d+ {2}account_type customer -> former_customer$/m)
  expect(stdout).toMatch(/^ {2}\d{4}-\d\d-\d\d {2}001\w{15} {2}\S/m)
  expect(stdout).toContain('its 15 days of grace are over (PROC-17)')
})

test.each([
  [['--until', expected.asOf], /is not after/],
  [['--until', 'tomorrow'], /tomorrow is not a date/],
  [['--until', UNTIL, '--sync', 'globl'], /There is no sync globl/],
])('%j is told what is wrong with it, and exits with 1', async (args, message) => {
  const { code, stdout, stderr } = await withoutSecrets('forecast', ...args, '--json')
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(message)
})
