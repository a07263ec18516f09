import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { running, scratch, started, until, writesTo } from '../cli/scratch.ts'
import { runsOf } from '../support/runs.ts'
import type { Project } from '../support/zds.ts'

const asOf = '2026-03-16'
const ZDS = 'bin/zds.js'
let sandbox: Sandbox

const world = generateWorld({ accounts: 90, seed: 1, asOf })
beforeEach(async () => {
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
})
afterEach(() => sandbox.close())

/** The same command does the rest: nothing is left to do then, and no organization is there twice. */
async function expectWhole(here: Project): Promise<void> {
  const runs = runsOf(here, asOf)
  expect(await runs.apply()).toMatchObject({ code: 0 })
  expect(await runs.changes()).toEqual([])
  const { organizations = [] } = sandbox.zendesk['global'] ?? {}
  const ids = organizations.flatMap(({ external_id: id }) => (id === null ? [] : [id]))
  expect(new Set(ids).size).toBe(ids.length)
}

describe('an apply that is ended from outside ends between requests, its journal whole', () => {
  test.each([
    ['a terminal that goes away', ['SIGHUP']],
    ['a signal that comes from the group and through npm', ['SIGTERM', 'SIGTERM']],
  ] as const)('%s', async (_, signals) => {
    const here = scratch(sandbox.env)
    const slow = { service: 'global', path: 'update_many', kind: 'latency', ms: 1500 } as const
    sandbox.faults.add({ ...slow, times: 0 })
    const child = running(here, sandbox.env, 'apply', '--yes', '--json', '--as-of', asOf)
    await until(() => writesTo(sandbox).length > 0, 'the first writes', child)
    for (const signal of signals) process.kill(child.pid, signal)
    const { code, stdout, stderr } = await child.ended
    expect(code, stderr).toBe(130)
    expect(stderr).toContain(`Error [INTERRUPTED] Stopped by ${signals[0]}`)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted' })
    sandbox.faults.clear()
    await expectWhole(here)
  })

  test('its state is taken away under it: it sends nothing more, and goes on once that is put back', async () => {
    const here = scratch(sandbox.env)
    sandbox.faults.add({ service: 'us_gov', method: 'GET', kind: 'latency', ms: 1500, times: 0 })
    const [kept, away] = [join(here.directory, '.zds'), join(here.directory, 'away')]
    const child = running(here, sandbox.env, 'apply', '--yes', '--as-of', asOf)
    await until(() => writesTo(sandbox).length > 0, 'the first writes', child)
    renameSync(kept, away)
    const { code, stderr } = await child.ended
    expect(code, stderr).toBe(1)
    expect(stderr).toMatch(/Error \[STATE_UNAVAILABLE\] .*state\.db is not what it was/)
    sandbox.faults.clear()
    // What lies there now are artifacts that came later.
    rmSync(kept, { recursive: true, force: true })
    renameSync(away, kept)
    await expectWhole(here)
  })

  test.runIf(existsSync('/dev/full'))('a full disk under stderr', async () => {
    const here = scratch(sandbox.env)
    await runsOf(here, asOf).save('plan.json')
    const zds = `exec ${process.execPath} ${process.cwd()}/${ZDS} apply plan.json --json --as-of ${asOf} 2>/dev/full`
    const { code, stdout } = await started('sh', ['-c', zds], here, sandbox.env).ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted' })
    await expectWhole(here)
  })
})

test.runIf(existsSync('/dev/full'))('a full disk under stdout is told, and is no success', async () => {
  const here = scratch(sandbox.env)
  const zds = `exec ${process.execPath} ${process.cwd()}/${ZDS} plan --as-of ${asOf} >/dev/full`
  const { code, stderr } = await started('sh', ['-c', zds], here, sandbox.env).ended
  expect(code).toBe(1)
  expect(stderr).toContain('Error [INTERRUPTED] stdout cannot be written (ENOSPC)')
})
