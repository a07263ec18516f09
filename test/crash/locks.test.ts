import { userInfo } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sentTwice, stateLines, violations } from '../support/crash-laws.ts'
import { AS_OF, crashWorld, TINY } from '../support/crash-world.ts'
import { APPLY, undisturbed, victim, type Undisturbed, type Victim } from '../support/crash.ts'

const world = crashWorld(TINY)
let reference: Undisturbed

beforeAll(async () => {
  reference = await undisturbed(world)
}, 300_000)

async function scene(): Promise<Victim> {
  const here = await victim(world, 100)
  onTestFinished(() => here.close())
  return here
}

const created = (here: Victim) => (): boolean =>
  here.sandbox.requests.some(
    ({ service, method, path }) => service === 'global' && method === 'POST' && path.endsWith('/organizations'),
  )

/** How many requests to Zendesk wanted to change something. */
const writes = ({ sandbox: { requests } }: Victim): number =>
  requests.filter(
    ({ service, method, path }) => /^(global|us_gov)$/.test(service) && method !== 'GET' && !path.includes('oauth'),
  ).length

/** An apply that stands still in the middle, as one that takes long: between two entries of its journal. */
async function busy(here: Victim) {
  const first = here.start(APPLY)
  onTestFinished(() => first.signal('SIGKILL'))
  await expect.poll(created(here), { timeout: 60_000, interval: 2 }).toBe(true)
  first.signal('SIGSTOP')
  while (!isFree(join(here.directory, '.zds/state.db'))) {
    first.signal('SIGCONT')
    await sleep(1)
    first.signal('SIGSTOP')
  }
  // What it had sent by then arrives.
  await sleep(300)
  return first
}

/** Whether nobody is writing to a database just now. */
function isFree(file: string): boolean {
  const database = new DatabaseSync(file, { timeout: 100 })
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    return true
  } catch {
    return false
  } finally {
    database.close()
  }
}

/**
 * Takes all locks away, as `zds unlock` does, and says in the same moment which changes were
 * written down as about to be sent.
 */
function takenAway(file: string): ReadonlySet<string> {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE')
    const keys = database.prepare(`SELECT key FROM steps WHERE status = 'sending'`).all()
    expect(database.prepare('DELETE FROM locks').run().changes).toBeGreaterThan(0)
    database.exec('COMMIT')
    return new Set(keys.map(({ key }) => String(key)))
  } finally {
    database.close()
  }
}

/** The external ids of the organizations that were asked for. */
const newOrganizations = ({ sandbox: { requests } }: Victim): string[] =>
  requests
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/organizations'))
    .flatMap(({ body }) => /"external_id":"([^"]+)"/.exec(JSON.stringify(body))?.[1] ?? [])

describe('SAFE-06, SAFE-16: two applies at once', () => {
  test('the second is LOCKED, names who holds the lock, and leaves the run of the first alone', async () => {
    const here = await scene()
    await here.zds(['plan', '--as-of', AS_OF, '--out', 'plan.json'])
    const first = await busy(here)
    const sent = writes(here)
    for (const args of [
      APPLY,
      [...APPLY, '--new'],
      ['apply', 'plan.json', '--as-of', AS_OF, '--force'],
      ['apply', '--resume'],
    ]) {
      const { code, stderr } = await here.zds(args)
      expect(code, args.join(' ')).toBe(1)
      expect(stderr).toMatch(
        new RegExp(
          `\\[LOCKED\\] global is being written to by run \\S+ \\(${userInfo().username} on .*, process \\d+\\)`,
        ),
      )
      expect(stderr).toContain('--lock-timeout')
    }
    expect(writes(here)).toBe(sent)
    const { stdout } = await here.zds(['status'])
    expect(stdout).toMatch(/Run \S+ is going on\./)
    expect(stdout).toMatch(/ running, \d+ of \d+ done/)
    expect(stdout).not.toContain('stopped before')
    expect(stdout).toMatch(/global is locked by run \S+/)

    first.signal('SIGCONT')
    expect(await first.ended).toMatchObject({ code: 0 })
    expect((await here.zds(['status'])).stdout).toMatch(
      /^\S+ {2}\S+ {2}done, (\d+) of \1 done, as of 2026-03-16, forced by \S+ {2}\w{12}\n\nKept: 1 run since \S+, [\d.]+ MB; .*\n$/,
    )
    expect(
      violations(here.sandbox, { state: stateLines(here.sandbox), outcomes: await here.outcomes() }, reference, true),
    ).toEqual([])
  })

  test('--lock-timeout waits for the first to end, and then has nothing to do', async () => {
    const here = await scene()
    const first = await busy(here)
    const second = here.start([...APPLY, '--lock-timeout', '100'])
    await sleep(5_000)
    first.signal('SIGCONT')
    const ends = await Promise.all([first.ended, second.ended])
    expect(ends).toMatchObject([{ code: 0 }, { code: 0 }])
    expect(
      violations(here.sandbox, { state: stateLines(here.sandbox), outcomes: await here.outcomes() }, reference, true),
    ).toEqual([])
  })

  test('one that planned before the other had written finds everything changed: nothing is written twice, exit 5', async () => {
    const here = await scene()
    const wait = [...APPLY, '--lock-timeout', '100']
    const ends = await Promise.all([here.zds(wait), here.zds(wait)])
    // Should one have started so late that it saw the other's lock before it planned, it has
    // nothing to do.
    expect(ends.filter(({ code }) => code === 0).length).toBeGreaterThan(0)
    for (const { code, stdout, stderr } of ends) expect([0, 5], stdout + stderr).toContain(code)
    expect(stateLines(here.sandbox)).toEqual(reference.state)
    expect(sentTwice(here.sandbox.requests)).toEqual([])
  })

  test('the lock of a killed process is taken over', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, { kind: 'seen', seen: created(here), signal: 'SIGKILL' })).toMatchObject({
      code: 'killed',
    })
    const { stdout } = await here.zds(['status'])
    expect(stdout).toContain('nobody holds it any more')
    expect(stdout).toContain('stopped before it was done')
    expect(stdout).toMatch(/ stopped, \d+ of \d+ done/)
    expect(await here.zds(APPLY)).toMatchObject({ code: 0 })
    expect(
      violations(here.sandbox, { state: stateLines(here.sandbox), outcomes: await here.outcomes() }, reference, true),
    ).toEqual([])
    expect((await here.zds(['unlock'])).stdout).toBe('Nothing is locked.\n')
  })

  test('a run whose lock was taken away sends nothing more, says so, and can be gone on with', async () => {
    const here = await scene()
    const first = here.start(APPLY)
    await expect.poll(created(here), { timeout: 60_000, interval: 2 }).toBe(true)
    const before = takenAway(join(here.directory, '.zds', 'state.db'))
    const { code, stderr } = await first.ended
    expect(code, stderr).toBe(1)
    expect(stderr).toMatch(
      /\[LOCK_LOST\] The lock of run \S+ on (global|us-gov) was taken away.*\n.*zds apply, or the same stage, goes on/,
    )
    // Several creates are under way at a time: those that were written down by then, and no other,
    // may still arrive.
    const made = newOrganizations(here)
    expect(made.filter((key) => !before.has(key))).toEqual([])
    expect(made.length).toBeGreaterThan(0)
    expect((await here.outcomes()).map(({ status }) => status)).toContain('not-attempted')
    expect((await here.zds(['status'])).stdout).toContain('stopped before it was done')
    expect(await here.zds(APPLY)).toMatchObject({ code: 0 })
    expect(
      violations(here.sandbox, { state: stateLines(here.sandbox), outcomes: await here.outcomes() }, reference, true),
    ).toEqual([])
  })

  test('zds unlock takes locks away, one instance or all', async () => {
    const here = await scene()
    expect(await here.zds(APPLY, { kind: 'seen', seen: created(here), signal: 'SIGKILL' })).toMatchObject({
      code: 'killed',
    })
    expect((await here.zds(['unlock', 'global'])).stdout).toMatch(/^Unlocked global, which run \S+ held\.\n$/)
    expect((await here.zds(['unlock'])).stdout).toMatch(/^Unlocked us-gov, which run \S+ held\.\n$/)
    expect((await here.zds(['status'])).stdout).not.toContain('locked')
  })
})
