import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stateLines, violations } from '../support/crash-laws.ts'
import { crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, undisturbed, victim, type Undisturbed, type Victim } from '../support/crash.ts'
import { newDatabase, sql } from '../support/postgres.ts'
import { server, writes } from './scene.ts'

/** Closed at the end: tests that run side by side share vitest's own hook. */
const opened: (() => unknown)[] = []
afterAll(async () => {
  for (const end of opened.toReversed()) await end()
})

const world = crashWorld(TINY)
/** A lease has to run out in some of these. */
const LONG = 180_000
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world)
}, LONG)

type Scene = { readonly here: Victim; readonly database: string }

/** Every call of `zds` has a directory of its own, and the same state. */
async function scene(): Promise<Scene> {
  const database = await newDatabase(server())
  const here = await victim(world, 100, database)
  opened.push(() => here.close())
  return { here, database }
}

/** An apply that stands still once it has sent so many requests that write. */
async function frozen(here: Victim, sent = 1) {
  const first = here.start(APPLY)
  opened.push(() => first.signal('SIGKILL'))
  await expect.poll(() => writes(here) >= sent, { timeout: 60_000, interval: 1 }).toBe(true)
  first.signal('SIGSTOP')
  // What it had sent by then arrives.
  await sleep(300)
  return first
}

async function expectArrived(here: Victim): Promise<void> {
  const left = { state: stateLines(here.sandbox), outcomes: await here.outcomes() }
  expect(violations(here.sandbox, left, reference, true)).toEqual([])
}

describe('SAFE-16: two applies from two directories', () => {
  test('the second is LOCKED and changes nothing; the first comes to its end', { timeout: LONG }, async () => {
    const { here } = await scene()
    const first = await frozen(here)
    const sent = writes(here)
    for (const args of [APPLY, [...APPLY, '--new'], ['apply', '--resume']]) {
      const { code, stderr } = await here.zds(args)
      expect(code, args.join(' ')).toBe(1)
      expect(stderr).toMatch(/\[LOCKED\] global is being written to by run \S+ \(\S+ on .*, process \d+/)
    }
    expect(writes(here)).toBe(sent)
    expect((await here.zds(['status'])).stdout).toMatch(/Run \S+ is going on\..*global is locked by run \S+/s)
    first.signal('SIGCONT')
    expect(await first.ended).toMatchObject({ code: 0 })
    await expectArrived(here)
  })

  test('--lock-timeout waits for the first, and then has nothing to do', { timeout: LONG }, async () => {
    const { here } = await scene()
    const first = await frozen(here)
    const second = here.start([...APPLY, '--lock-timeout', '100'])
    await sleep(4_000)
    first.signal('SIGCONT')
    expect(await Promise.all([first.ended, second.ended])).toMatchObject([{ code: 0 }, { code: 0 }])
    await expectArrived(here)
  })

  test(
    'a run whose lock was taken away sends nothing more, says so, and can be gone on with',
    { timeout: LONG },
    async () => {
      const { here } = await scene()
      const first = await frozen(here)
      expect(await here.zds(['unlock'])).toMatchObject({ code: 1, stderr: expect.stringContaining('LOCKED') as string })
      expect((await here.zds(['unlock', '--force'])).stdout).toMatch(/^Unlocked global, which run \S+ held\./)
      first.signal('SIGCONT')
      const { code, stderr } = await first.ended
      expect(code, stderr).toBe(1)
      expect(stderr).toMatch(/\[LOCK_LOST\] The lock of run \S+ on (global|us-gov) was taken away/)
      expect(await here.zds(APPLY)).toMatchObject({ code: 0 })
      await expectArrived(here)
    },
  )
})

describe('SAFE-16: a process that was frozen, or died elsewhere', () => {
  test.concurrent(
    'the lock of a run that died on another machine holds for less than 40 s',
    { timeout: LONG },
    async () => {
      const { here, database } = await scene()
      const first = await frozen(here)
      await sql(database, `UPDATE zds.locks SET machine = 'elsewhere'`)
      const died = performance.now()
      first.signal('SIGKILL')
      const second = await here.zds([...APPLY, '--lock-timeout', '40'])
      expect(second, second.stderr).toMatchObject({ code: 0 })
      expect(performance.now() - died).toBeGreaterThan(5_000)
      expect(second.stderr).toMatch(/Going on with run/)
      await expectArrived(here)
    },
  )

  test.concurrent.for([1, 2, 3, 5])(
    'writes nothing after its lock is gone, frozen after %i requests',
    { timeout: LONG },
    async (sent) => {
      const { here } = await scene()
      const first = await frozen(here, sent)
      const second = await here.zds([...APPLY, '--lock-timeout', '60'])
      expect(second, second.stderr).toMatchObject({ code: 0 })
      const before = writes(here)
      first.signal('SIGCONT')
      const { code, stderr } = await first.ended
      expect(code, stderr).toBe(1)
      expect(stderr).toMatch(/\[(LOCK_LOST|STATE_UNAVAILABLE)\]/)
      expect(writes(here)).toBe(before)
      expect((await here.zds(['status'])).stdout).toMatch(/ done, (\d+) of \1 done/)
      await expectArrived(here)
    },
  )
})
