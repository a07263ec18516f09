import { afterEach, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { expectRefusal, scratch, writesTo } from '../cli/scratch.ts'
import { runsOf } from '../support/runs.ts'

const asOf = new Date().toISOString().slice(0, 10)
let sandbox: Sandbox
afterEach(() => sandbox.close())

/** Zendesk answers as if it were `minutes` later. */
async function started(minutes: number) {
  const date = new Date(Date.now() + minutes * 60_000).toUTCString()
  sandbox = await startSandbox({
    world: generateWorld({ accounts: 20, seed: 1, asOf }),
    faults: [{ service: 'zendesk', kind: 'headers', headers: { date }, times: 0 }],
  })
  return { here: scratch(sandbox.env), theirs: new Date(date).toISOString() }
}

test.each([8, -8])('a clock that is %d minutes from the services ends an apply before its first write', async (by) => {
  const { here, theirs } = await started(by)
  const result = await here.zds('apply', '--yes', '--force')
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('Error [CLOCK_WRONG]')
  expect(result.stderr).toMatch(by > 0 ? /8 minutes behind/ : /[89] minutes ahead of/)
  expect(result.stderr).toContain(theirs)
  expect(result.stderr).toContain(new Date().toISOString().slice(0, 14))
  expect(writesTo(sandbox)).toEqual([])
})

test('a saved plan and the rest of a run are held to it too; a plan is not, and four minutes are nothing', async () => {
  const { here } = await started(4)
  const runs = runsOf(here, asOf)
  await runs.plan()
  sandbox.faults.clear()
  const date = new Date(Date.now() + 3_600_000).toUTCString()
  sandbox.faults.add({ service: 'zendesk', kind: 'headers', headers: { date }, times: 0 })
  await runs.save('plan.json')
  expectRefusal(await here.zds('apply', 'plan.json', '--force'), 'CLOCK_WRONG')
  sandbox.faults.clear()
  const done = await here.zds('apply', 'plan.json', '--force')
  expect(done, done.stderr).toMatchObject({ code: 0 })
  expect(await runs.changes()).toEqual([])
})
