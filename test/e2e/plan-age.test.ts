import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from 'zds'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { expectRefusal, scratch, writesTo } from '../cli/scratch.ts'
import { failureOf, runsOf } from '../support/runs.ts'
import type { Project } from '../support/zds.ts'

const today = new Date().toISOString().slice(0, 10)
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 40, seed: 1, asOf: today }) })
})
afterAll(() => sandbox.close())

async function saved(here: Project, ...args: readonly string[]) {
  const planned = await here.zds('plan', '--out', 'plan.json', ...args)
  expect(planned, planned.stderr).toMatchObject({ code: 0 })
  return planned
}

describe('SAFE-11: a saved plan', () => {
  test('for another day is not offered to be carried out, and is refused unless that day is repeated', async () => {
    const here = scratch(sandbox.env)
    const later = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10)
    const planned = await saved(here, '--as-of', later)
    expect(planned.stderr).not.toContain('To carry it out')
    expect(planned.stderr).toContain(`This is what the rules say on ${later}`)
    const refused = await here.zds('apply', 'plan.json', '--force')
    expectRefusal(refused, 'PLAN_DATE', 5)
    expect(refused.stderr).toContain(`as of ${later}, and today is ${today} (UTC)`)
    expect(writesTo(sandbox)).toEqual([])
  })

  test('for yesterday is offered as it is taken: a night may lie between plan and apply', async () => {
    const here = scratch(sandbox.env)
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
    const planned = await saved(here, '--as-of', yesterday)
    expect(planned.stderr).not.toContain('zds apply refuses it today')
  })

  test('that is older than a day is refused, by a code of its own', async () => {
    const runs = runsOf(scratch(sandbox.env), today)
    // When it was made is not part of what the digest covers.
    const old = { ...(await runs.plan()), createdAt: new Date(Date.now() - 25 * 3_600_000).toISOString() }
    expectRefusal(await failureOf(runs.apply({ saved: old, force: true })), 'PLAN_EXPIRED', 5)
    expect(writesTo(sandbox)).toEqual([])
  })

  test('that was carried out says by which run, and changes nothing', async () => {
    const here = scratch(sandbox.env)
    const planned = await saved(here)
    expect(planned.stderr).toContain('To carry it out:\n  zds apply plan.json\n')
    const first = await here.zds('apply', 'plan.json', '--force')
    expect(first, first.stderr).toMatchObject({ code: 0 })
    const sent = writesTo(sandbox).length
    expect(sent).toBeGreaterThan(0)
    const again = await here.zds('apply', 'plan.json')
    expect(again, again.stderr).toMatchObject({ code: 0 })
    expect(again.stdout).toMatch(/^This plan was carried out by run \S+ at \S+: nothing to do\.$/m)
    const told = await here.zds('apply', 'plan.json', '--json')
    expect(told, told.stderr).toMatchObject({ code: 0 })
    const { status, syncs } = JSON.parse(told.stdout) as Report // what --json prints
    expect([status, syncs.map(({ planned, done }) => planned - done)]).toEqual(['done', syncs.map(() => 0)])
    expect(syncs.some(({ done }) => done > 0)).toBe(true)
    expect(writesTo(sandbox)).toHaveLength(sent)
    expect(await runsOf(here, today).changes()).toEqual([])
  })
})
