import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os, { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sqliteLocks, userName, type Locks } from '../../../src/core/state/locks.ts'
import { fakeClock } from '../../support/time.ts'

let directory: string
let file: string
let locks: Locks
const signal = new AbortController().signal

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zds-locks-'))
  file = join(directory, 'state.db')
  locks = sqliteLocks(file)
})
afterEach(() => {
  locks.close()
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true, force: true })
})

/** A lock that some other process holds. */
function foreign(
  instance: string,
  more: { run?: string; host?: string; process?: number; job?: null; until?: string } = {},
): void {
  const database = new DatabaseSync(file)
  const {
    run = 'run-0',
    host = 'elsewhere',
    process: id = 1,
    job = 'https://ci.example/1',
    until = '2026-03-16T10:01:00Z',
  } = more
  database
    .prepare('INSERT INTO locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(instance, run, 'ada', host, id, job, '2026-03-16T09:59:00Z', until)
  database.close()
}

const take = (instances: readonly string[], run = 'run-1', waitMs = 0, clock = fakeClock()) =>
  locks.take(instances, run, { waitMs, clock, signal })

describe('one apply at a time for each instance', () => {
  it('holds all instances of a run until it gives them back', async () => {
    vi.stubEnv('CI_JOB_URL', 'https://ci.example/2')
    const hold = await take(['global', 'us-gov'])
    expect(locks.held()).toMatchObject([
      {
        instance: 'global',
        run: 'run-1',
        host: hostname(),
        process: process.pid,
        job: 'https://ci.example/2',
        since: '2026-03-16T10:00:00.000Z',
        until: '2026-03-16T10:02:00.000Z',
      },
      { instance: 'us-gov' },
    ])
    hold.giveBack()
    expect(locks.held()).toEqual([])
  })

  it('refuses a second run, naming who has it, since when, and how to go on; the first keeps it', async () => {
    await take(['global'])
    await expect(take(['us-gov', 'global'], 'run-2')).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(
        new RegExp(`^global is being written to by run run-1 .*${hostname()}, process ${process.pid}`),
      ),
      hint: expect.stringContaining('zds unlock global'),
    })
    expect(locks.held().map(({ instance, run }) => `${instance} ${run}`)).toEqual(['global run-1'])
  })

  it('lets runs of other instances be', async () => {
    await take(['global'])
    await take(['us-gov'], 'run-2')
    expect(locks.held().map(({ run }) => run)).toEqual(['run-1', 'run-2'])
  })

  it('names the holder and its CI job, if there is one, and when it ends', async () => {
    const times = 'since 2026-03-16T09:59:00Z; its lock runs out at 2026-03-16T10:01:00Z'
    foreign('global')
    await expect(take(['global'])).rejects.toMatchObject({
      message: `global is being written to by run run-0 (ada on elsewhere, process 1, https://ci.example/1) ${times}`,
    })
    foreign('us-gov', { job: null })
    await expect(take(['us-gov'])).rejects.toMatchObject({
      message: `us-gov is being written to by run run-0 (ada on elsewhere, process 1) ${times}`,
    })
    expect(locks.held().map(({ job }) => job)).toEqual(['https://ci.example/1', undefined])
  })

  it.each([
    ['GITHUB_RUN_ID', '42', '42'],
    ['BUILD_URL', 'https://ci.example/7', 'https://ci.example/7'],
    ['BUILDKITE_BUILD_URL', '', undefined],
  ])('the CI job is what the CI system says, in %s here: "%s"', async (variable, value, job) => {
    for (const name of ['CI_JOB_URL', 'GITHUB_RUN_ID', 'BUILD_URL', 'BUILDKITE_BUILD_URL']) vi.stubEnv(name, undefined)
    vi.stubEnv('CI_JOB_URL', '')
    vi.stubEnv(variable, value)
    await take(['global'])
    expect(locks.held().map((lock) => lock.job)).toEqual([job])
  })

  it('a process may take again what it holds in the name of the same run, and no more than that', async () => {
    await take(['global'])
    await take(['global', 'us-gov'])
    await expect(take(['us-gov'], 'run-2')).rejects.toMatchObject({ code: 'LOCKED' })
  })

  it.each([
    ['on another machine', { host: 'elsewhere', process: process.pid }],
    ['in another process of this one', { host: hostname(), process: process.ppid }],
  ])('a run that goes on %s is not gone on with here', async (_where, who) => {
    foreign('global', { run: 'run-1', ...who })
    await expect(take(['global'])).rejects.toMatchObject({ code: 'LOCKED' })
  })
})

describe('a lock that is held', () => {
  it('is renewed every 30 seconds until it is given back', async () => {
    vi.useFakeTimers()
    try {
      const clock = fakeClock()
      const hold = await take(['global', 'us-gov'], 'run-1', 0, clock)
      await clock.sleep(30_000, signal)
      vi.advanceTimersByTime(29_999)
      expect(locks.held().map(({ until }) => until)).toEqual(['2026-03-16T10:02:00.000Z', '2026-03-16T10:02:00.000Z'])
      vi.advanceTimersByTime(1)
      expect(locks.held().map(({ until }) => until)).toEqual(['2026-03-16T10:02:30.000Z', '2026-03-16T10:02:30.000Z'])
      hold.giveBack()
      foreign('global')
      vi.advanceTimersByTime(60_000)
      expect(locks.held()).toMatchObject([{ run: 'run-0', until: '2026-03-16T10:01:00Z' }])
    } finally {
      vi.useRealTimers()
    }
  })

  it('is not renewed any more once it was given back and the database is closed', async () => {
    vi.useFakeTimers()
    try {
      const hold = await take(['global'])
      hold.giveBack()
      locks.close()
      vi.advanceTimersByTime(60_000)
      expect(readdirSync(directory)).toEqual(['state.db'])
    } finally {
      vi.useRealTimers()
      locks = sqliteLocks(file)
    }
  })

  it('does not keep a process from ending', async () => {
    const before = process.getActiveResourcesInfo()
    const hold = await take(['global'])
    expect(process.getActiveResourcesInfo()).toEqual(before)
    hold.giveBack()
  })

  it('is missed when it was taken away, and when another run has it now', async () => {
    const hold = await take(['global', 'us-gov'])
    hold.check()
    locks.release('us-gov')
    const lost = {
      code: 'LOCK_LOST',
      message: expect.stringContaining('run run-1 on us-gov'),
      hint: expect.stringContaining('zds apply'),
    }
    expect(() => hold.check()).toThrow(expect.objectContaining(lost))
    foreign('us-gov')
    expect(() => hold.check()).toThrow(expect.objectContaining(lost))
    hold.giveBack()
    expect(locks.held()).toMatchObject([{ instance: 'us-gov', run: 'run-0' }])
  })
})

describe('a lock that nobody holds any more', () => {
  it('is one whose lease has run out', async () => {
    foreign('global', { until: '2026-03-16T10:00:00Z' })
    await take(['global'])
    expect(locks.held()).toMatchObject([{ run: 'run-1' }])
  })

  it('is one of this machine whose process is gone', async () => {
    foreign('global', { host: hostname(), process: 2 ** 22 + 1 })
    await take(['global'])
    expect(locks.held()).toMatchObject([{ run: 'run-1' }])
  })

  it('is not one of this machine whose process belongs to somebody else', async () => {
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    try {
      foreign('global', { host: hostname(), process: 2 ** 22 + 1 })
      await expect(take(['global'])).rejects.toMatchObject({ code: 'LOCKED' })
    } finally {
      kill.mockRestore()
    }
  })

  it('is not one of another machine, whatever runs here', async () => {
    foreign('global', { process: 2 ** 22 + 1 })
    await expect(take(['global'])).rejects.toMatchObject({ code: 'LOCKED' })
  })

  it('is one that was taken away', async () => {
    foreign('global')
    expect([locks.release('us-gov'), locks.release('global'), locks.release('global')]).toEqual([false, true, false])
    await take(['global'])
  })
})

describe('waiting for a lock', () => {
  it('asks every second, for as long as it was told, and then names the holder', async () => {
    foreign('global', { until: '2026-03-16T11:00:00Z' })
    const clock = fakeClock()
    await expect(take(['global'], 'run-1', 3000, clock)).rejects.toMatchObject({ code: 'LOCKED' })
    expect(clock.pauses).toEqual([1000, 1000, 1000])
  })

  it('ends when the lease of the other runs out', async () => {
    foreign('global', { until: '2026-03-16T10:00:02Z' })
    const clock = fakeClock()
    await take(['global'], 'run-1', 60_000, clock)
    expect(clock.pauses).toEqual([1000, 1000])
  })
})

describe('who runs this', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })

  it('is the user by name, or by number where a container knows no name', () => {
    expect(userName()).toBe(os.userInfo().username)
    vi.spyOn(os, 'userInfo').mockImplementation(() => {
      throw new Error('no such user')
    })
    syncBuiltinESMExports()
    vi.spyOn(process, 'getuid').mockReturnValue(1001)
    expect(userName()).toBe('1001')
  })
})
