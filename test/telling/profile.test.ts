import { expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import { generateWorld, startSandbox } from 'zds/sandbox'
import { project } from '../support/zds.ts'

const asOf = ['--as-of', '2026-03-16']

test('--profile says of each service how often it was asked, and which stages took longest; stdout is what it was', async () => {
  const sandbox = await startSandbox({ world: generateWorld({ accounts: 60 }) })
  const here = project(sandbox.env)
  onTestFinished(async () => {
    here.remove()
    await sandbox.close()
  })
  /** How often the sandbox was asked since then, and what the table says, by service. */
  const asked = (since: number, stderr: string) =>
    ['global', 'us-gov', 'salesforce'].map((service) => {
      const { length } = sandbox.requests.slice(since).filter((one) => one.service === service.replace('-', '_'))
      return [service, length, Number(new RegExp(`^  ${service} +(\\d+) `, 'm').exec(stderr)?.[1])] as const
    })

  const planned = await here.zds('plan', '--json', '--profile', ...asOf)
  expect((JSON.parse(planned.stdout) as Plan).version).toBe(1)
  expect(planned.stderr).toMatch(/^Where the time went: \d+\.\d s, of which this process computed \d+\.\d s \(/m)
  expect(planned.stderr).toMatch(/The longest stages[^]*gather:\S+ +\d+\.\d s/)
  for (const [service, requests, said] of asked(0, planned.stderr)) expect(said, service).toBe(requests)

  const before = sandbox.requests.length
  const applied = await here.zds('apply', '--yes', '--force', '--profile', ...asOf)
  expect(applied, applied.stderr).toMatchObject({ code: 0 })
  for (const [service, requests, said] of asked(before, applied.stderr)) expect(said, service).toBe(requests)
  for (const line of applied.stderr.split('\n').slice(-20)) expect(line.length).toBeLessThanOrEqual(80)
  const next = await here.zds('plan', '--detailed-exitcode', ...asOf)
  expect(next, next.stdout).toMatchObject({ code: 0 })
  expect(next.stderr).not.toContain('Where the time went')
})

test('--profile says it of a command that fails, too, before the error', async () => {
  const sandbox = await startSandbox({ world: generateWorld({ accounts: 60, seed: 1, asOf: '2026-03-16' }) })
  const here = project(sandbox.env)
  onTestFinished(async () => {
    here.remove()
    await sandbox.close()
  })
  const told = /^Where the time went: [^]*^ {2}us-gov +[1-9]\d* [^]*The longest stages[^]*^Error \[(\w+)\]/m
  // Half a year later much has expired: more than the limits let through.
  const refused = await here.zds('apply', '--yes', '--profile', '--as-of', '2026-11-24')
  expect(refused, refused.stderr).toMatchObject({ code: 3 })
  expect(told.exec(refused.stderr)?.[1], refused.stderr).toBe('LIMIT_EXCEEDED')

  sandbox.faults.add({ service: 'us_gov', path: '/organizations', kind: 'status', status: 403, times: 0 })
  const failed = await here.zds('plan', '--profile', ...asOf)
  expect(failed, failed.stderr).toMatchObject({ code: 1 })
  expect(told.exec(failed.stderr)?.[1], failed.stderr).toBe('AUTH_FAILED')
})
