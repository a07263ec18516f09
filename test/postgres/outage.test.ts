import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { stateLines, violations } from '../support/crash-laws.ts'
import { AS_OF, crashWorld, SMALL } from '../support/crash-world.ts'
import { APPLY, undisturbed, victim, type Undisturbed, type Victim } from '../support/crash.ts'
import { sql, startPostgres, type Cluster } from '../support/postgres.ts'
import { writes } from './scene.ts'

const world = crashWorld(SMALL)
const LONG = 300_000
let reference: Undisturbed
let cluster: Cluster

beforeAll(async () => {
  cluster = await startPostgres()
  reference = await undisturbed(world)
}, LONG)
afterAll(() => cluster.remove())

async function scene(): Promise<{ readonly here: Victim; readonly database: string }> {
  const database = await cluster.database()
  const here = await victim(world, 40, database)
  onTestFinished(() => here.close())
  return { here, database }
}

/** An apply that has sent so many requests that write. */
async function begun(here: Victim, sent: number) {
  const first = here.start(APPLY)
  onTestFinished(() => first.signal('SIGKILL'))
  await expect.poll(() => writes(here) >= sent, { timeout: 60_000, interval: 1 }).toBe(true)
  return first
}

/**
 * It stopped with a clear error and a next step; what the same command, elsewhere, does not leave
 * as an undisturbed one.
 */
async function goneOn(here: Victim, stopped: Awaited<ReturnType<Victim['zds']>>): Promise<string[]> {
  expect(stopped.code, stopped.stderr).toBe(1)
  expect(stopped.stderr).toMatch(
    /\[STATE_UNAVAILABLE\] The state database at 127\.0\.0\.1:\d+ .*\n.*the same command goes on/,
  )
  expect(stopped.stderr).not.toMatch(/^\s+at /m)
  expect(stopped.stdout).toMatch(/\d+ of \d+ changes done/)
  const rest = await here.zds(APPLY)
  expect(rest, rest.stderr).toMatchObject({ code: 0 })
  expect(rest.stderr).toMatch(/Going on with run/)
  expect(await here.zds(['plan', '--detailed-exitcode', '--as-of', AS_OF])).toMatchObject({ code: 0 })
  const left = { state: stateLines(here.sandbox), outcomes: await here.outcomes() }
  return violations(here.sandbox, left, reference, true)
}

describe('SAFE-06: the state database goes away while a run applies', () => {
  test.for([1, 9])(
    'for a while, after %i requests: nothing more is written until it is back',
    { timeout: LONG },
    async (sent) => {
      const { here } = await scene()
      const first = await begun(here, sent)
      await cluster.stop()
      // What was written down by then may still arrive.
      await sleep(1_000)
      const arrived = writes(here)
      const stopped = await first.ended
      expect(writes(here)).toBe(arrived)
      await cluster.start()
      expect(await goneOn(here, stopped)).toEqual([])
    },
  )

  test('for the moment that a restart takes', { timeout: LONG }, async () => {
    const { here } = await scene()
    const first = await begun(here, 2)
    await cluster.stop()
    await cluster.start()
    expect(await goneOn(here, await first.ended)).toEqual([])
  })

  test('for this run alone, since its connection is ended', { timeout: LONG }, async () => {
    const { here, database } = await scene()
    const first = await begun(here, 2)
    await sql(database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'zds'`)
    expect(await goneOn(here, await first.ended)).toEqual([])
  })
})

test('without its database no command begins, and each says what to do', { timeout: LONG }, async () => {
  const here = await victim(world, 40, 'postgres://zds:s3cret-word@127.0.0.1:1/nowhere')
  onTestFinished(() => here.close())
  for (const args of [['plan'], APPLY, ['status'], ['undo', 'last']]) {
    const { code, stdout, stderr } = await here.zds(args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^Error \[STATE_UNAVAILABLE\] The state database at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/,
    )
    expect(stderr).not.toContain('s3cret-word')
  }
  expect(here.sandbox.requests).toEqual([])
})
