import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox, type World } from 'zds/sandbox'
import type { Change, Plan, Report, SyncReport } from 'zds'
import { runsOf } from '../support/runs.ts'
import { expectPlain, expectRefusal, file, onTerminal, running, scratch, until, writesTo } from '../cli/scratch.ts'

const asOf = '2026-03-16'
let sandbox: Sandbox

/** Few accounts, of which each instance has something to change. */
const few = generateWorld({ accounts: 90, seed: 1, asOf })

async function started(world: World): Promise<void> {
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
}
beforeEach(() => started(few))
afterEach(() => sandbox.close())

const requested = (service: string, part: string) => (): boolean =>
  sandbox.requests.some((one) => one.service === service && one.path.includes(part))
const changesOf = ({ syncs }: Plan) =>
  syncs.flatMap(({ name, changes }) => [...changes].map((change) => ({ sync: name, ...change })))

/** What was planned; where it pointed at a record that did not exist yet, what is planned now. */
function withoutRefs(before: Fields, now: Fields): Fields {
  return Object.fromEntries(
    Object.entries(before).map(([field, one]) => [field, typeof one.to === 'object' ? (now[field] ?? one) : one]),
  )
}
type Fields = Change['fields']

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test('during plan: ends soon with 130 and says how to go on; nothing was written', async () => {
    sandbox.faults.add({ service: 'salesforce', path: '/query', kind: 'latency', ms: 8000, times: 0 })
    const here = scratch(sandbox.env)
    const child = running(here, sandbox.env, 'plan', '--json', '--as-of', asOf)
    await until(requested('salesforce', '/query'), 'the first query', child)
    const began = performance.now()
    process.kill(child.pid, signal)
    const result = await child.ended
    expect(performance.now() - began).toBeLessThan(4000)
    expectRefusal(result, 'INTERRUPTED', 130)
    expect(result.stderr).toMatch(new RegExp(`Stopped by ${signal}[^]*Run the same command again`))
    expect(writesTo(sandbox)).toEqual([])
  })
})

test('SIGTERM during doctor: stopped is not found to be wrong', async () => {
  sandbox.faults.add({ service: 'salesforce', path: '/describe', kind: 'latency', ms: 8000, times: 0 })
  const child = running(scratch(sandbox.env), sandbox.env, 'doctor', '--json')
  await until(requested('salesforce', '/describe'), 'a look at a column', child)
  process.kill(child.pid, 'SIGTERM')
  const { code, stderr } = await child.ended
  expect(code, stderr).toBe(130)
  expect(stderr).toContain('Error [INTERRUPTED] Stopped by SIGTERM')
})

test.each(['load-watched.ts', 'session.ts', 'broken.ts'])(
  'SIGINT while zds itself is being loaded (%s): apply --yes has not begun, and ends with 130',
  async (module) => {
    // A hook of Node's sends it at that very moment.
    const interrupting = file(
      'interrupting.mjs',
      `import { registerHooks } from 'node:module'
      const interrupt = (url) => url.endsWith(${JSON.stringify(`/${module}`)}) && process.kill(process.pid, 'SIGINT')
      registerHooks({ load: (url, context, next) => (interrupt(url), next(url, context)) })`,
    )
    const here = scratch(sandbox.env, interrupting)
    const env = { ...sandbox.env, NODE_OPTIONS: '--import ./interrupting.mjs' }
    const result = await running(here, env, 'apply', '--yes', '--as-of', asOf).ended
    expectRefusal(result, 'INTERRUPTED', 130)
    expect(sandbox.requests).toEqual([])
  },
)

describe('SIGINT during apply', () => {
  test('ends with 130, says what was done and how to go on; the same command does the rest, and nothing twice', async () => {
    await sandbox.close()
    await started(generateWorld({ accounts: 1500, seed: 1, asOf }))
    const here = scratch(sandbox.env)
    const runs = runsOf(here, asOf)
    const planned = changesOf(await runs.plan())
    sandbox.faults.add({ service: 'global', path: 'update_many', kind: 'latency', ms: 1500, at: 2, times: 0 })
    const child = running(here, sandbox.env, 'apply', '--yes', '--json', '--as-of', asOf)
    await until(requested('global', 'update_many'), 'the first batch', child)
    process.kill(child.pid, 'SIGINT')
    const result = await child.ended
    expect(result, result.stderr).toMatchObject({ code: 130 })
    expectPlain(result)
    expect(result.stderr).toMatch(/Error \[INTERRUPTED\] Stopped by SIGINT\n.*What is done stays done.*zds apply/)
    const { syncs } = JSON.parse(result.stdout) as Report // what --json prints
    const sum = (of: (sync: SyncReport) => number): number => syncs.reduce((all, sync) => all + of(sync), 0)
    expect(sum(({ notAttempted, unknown }) => notAttempted + unknown)).toBeGreaterThan(0)
    // As far as it is known: what was sent and not answered is neither done nor never attempted.
    const { stdout: outcomes } = await here.zds('outcomes', 'last')
    const told = (status: string): number => outcomes.split(`"status":"${status}"`).length - 1
    expect(sum(({ unknown }) => unknown)).toBe(told('unknown'))
    expect(sum(({ notAttempted }) => notAttempted)).toBe(told('not-attempted'))
    sandbox.faults.clear()

    const second = changesOf(await runs.plan())
    expect(second.length).toBeLessThan(planned.length)
    for (const { sync, op, key, fields } of second) {
      const before = planned.find((one) => one.sync === sync && one.key === key)
      expect(before?.op).toBe(op)
      expect(withoutRefs(before?.fields ?? {}, fields)).toEqual(fields)
    }

    expect(await runs.apply()).toMatchObject({ code: 0 })
    expect(await runs.changes()).toEqual([])
    const ids =
      sandbox.zendesk['global']?.organizations.map(({ external_id }) => external_id).filter((id) => id !== null) ?? []
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('on a terminal', () => {
  test('Ctrl+C during plan is told, too: no library ends the process first', async () => {
    sandbox.faults.add({ service: 'salesforce', path: '/query', kind: 'latency', ms: 8000, times: 0 })
    const here = scratch(sandbox.env)
    const child = onTerminal(here, sandbox.env, 'plan', '--as-of', asOf)
    await until(requested('salesforce', '/query'), 'the first query', child)
    child.send('\u0003')
    const { code, stdout } = await child.ended
    expect(stdout).toContain('Stopped by SIGINT')
    expect(code).toBe(130)
  })

  test.each([
    ['Ctrl+C', '\u0003', 130, 'Stopped by SIGINT'],
    ['Ctrl+D', '\u0004', 0, 'Nothing was changed.'],
    ['no', 'no\r', 0, 'Nothing was changed.'],
    ['y', 'y\r', 0, 'Nothing was changed.'],
  ])('%s at the question whether to apply writes nothing', async (_, keys, exit, says) => {
    const here = scratch(sandbox.env)
    const child = onTerminal(here, sandbox.env, 'apply', '--as-of', asOf)
    await until(() => child.seen().includes('Only "yes" does'), 'the question', child)
    child.send(keys)
    const { code, stdout } = await child.ended
    expect(stdout).toContain(says)
    expect(stdout).not.toContain('INTERNAL')
    expect(code).toBe(exit)
    expect(writesTo(sandbox)).toEqual([])
  })

  test('yes carries it out; the question repeats how much, and where', async () => {
    const here = scratch(sandbox.env)
    const child = onTerminal(here, sandbox.env, 'apply', '--as-of', asOf)
    await until(() => child.seen().includes('Only "yes" does'), 'the question', child)
    const asked = stripVTControlCharacters(child.seen())
    expect(asked).toMatch(/\d+ create, \d+ update, \d+ retire in 2 instances\. Only "yes" does/)
    expect(asked.slice(asked.lastIndexOf('LEFT AS THEY ARE'))).toContain(`global  ${sandbox.env['ZENDESK_GLOBAL_URL']}`)
    child.send('yes\r')
    expect((await child.ended).code).toBe(0)
    expect(writesTo(sandbox).length).toBeGreaterThan(0)
  })
})
