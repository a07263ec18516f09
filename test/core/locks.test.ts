import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sqliteLocks, type Locks } from '../../src/core/locks.ts'
import { fakeClock } from '../support/time.ts'

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
function foreign(instance: string, more: { host?: string; process?: number; until?: string } = {}): void {
  const database = new DatabaseSync(file)
  const { host = 'elsewhere', process: id = 1, until = '2026-03-16T10:01:00Z' } = more
  database
    .prepare('INSERT INTO locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(instance, 'run-0', 'ada', host, id, 'https://ci.example/1', '2026-03-16T09:59:00Z', until)
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
      message: expect.stringMatching(new RegExp(`^global is being written to by run run-1 .*${hostname()}, process ${process.pid}`)),
      hint: expect.stringContaining('zds unlock global'),
    })
    expect(locks.held().map(({ instance, run }) => `${instance} ${run}`)).toEqual(['global run-1'])
  })

  it('lets runs of other instances be', async () => {
    await take(['global'])
    await take(['us-gov'], 'run-2')
    expect(locks.held().map(({ run }) => run)).toEqual(['run-1', 'run-2'])
  })

  it('names the CI job of the holder', async () => {
    foreign('global')
    await expect(take(['global'])).rejects.toMatchObject({
      message: expect.stringContaining('ada on elsewhere, process 1, https://ci.example/1'),
    })
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

  it('is missed when it was taken away, and when another run has it now', async () => {
    const hold = await take(['global', 'us-gov'])
    hold.check()
    locks.release('us-gov')
    const lost = { code: 'LOCK_LOST', message: expect.stringContaining('run run-1 on us-gov'), hint: expect.stringContaining('zds apply') }
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

describe('the state database', () => {
  it('of another version is refused, and left as it is', () => {
    const other = join(directory, 'other.db')
    const database = new DatabaseSync(other)
    database.exec('CREATE TABLE runs (id TEXT); PRAGMA user_version = 99')
    database.close()
    expect(() => sqliteLocks(other)).toThrow(expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringContaining(other) }))
  })

  it('is not what no database is', () => {
    const other = join(directory, 'text.db')
    writeFileSync(other, 'this is text, and long enough to be taken for a header of a database file, which it is not')
    expect(() => sqliteLocks(other)).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringContaining('not a database') }),
    )
  })
})
