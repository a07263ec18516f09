import fs, { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os, { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assemble } from '../../../src/core/plan/plan.ts'
import { localState } from '../../../src/core/state/local.ts'
import { thisProcess, userName } from '../../../src/core/state/process.ts'
import type { Hold, Lock, Locks, State } from '../../../src/core/state/state.ts'
import { fakeClock } from 'zds/testing'

let directory: string
let file: string
let state: State
let locks: Locks
const signal = new AbortController().signal

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zds-locks-'))
  file = join(directory, 'state.db')
  state = localState(directory)
  locks = state.locks
})
afterEach(async () => {
  await state.close()
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true, force: true })
})

const addressOf = (instance: string): string => `https://${instance}.example`

/** A lock that some other process holds. */
function foreign(
  instance: string,
  more: { run?: string; host?: string; machine?: string; process?: number; job?: null; until?: string } = {},
): void {
  const database = new DatabaseSync(file)
  const {
    run = 'run-0',
    host = 'elsewhere',
    machine = host,
    process: id = 1,
    job = 'https://ci.example/1',
    until = '2026-03-16T10:01:00Z',
  } = more
  database
    .prepare('INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(addressOf(instance), instance, run, 'theirs', 'ada', host, machine, id, job, '2026-03-16T09:59:00Z', until)
  database.close()
}

const take = (instances: readonly string[], run = 'run-1', waitMs = 0, clock = fakeClock()) =>
  locks.take(
    instances.map((instance) => ({ instance, address: addressOf(instance) })),
    run,
    { waitMs, clock, signal },
  )

/** Who holds what, at the moment where the tests begin. */
const heldNow = (): Promise<readonly Lock[]> => locks.held(fakeClock().now())

/** What the journal says to a run that is about to send something under these locks. */
async function sending(hold: Hold): Promise<void> {
  if ((await state.journal.run('run-1')) === undefined)
    await state.journal.begin({
      id: 'run-1',
      plan: assemble([], 'f', fakeClock()),
      forced: false,
      at: fakeClock().now(),
    })
  await state.journal.under(hold).record({
    run: 'run-1',
    sync: 'global',
    steps: [{ status: 'sending', keys: ['A'] }],
    at: fakeClock().now(),
  })
}

describe('SAFE-16: one apply at a time for each address', () => {
  it('holds all instances of a run until it gives them back', async () => {
    vi.stubEnv('CI_JOB_URL', 'https://ci.example/2')
    const hold = await take(['global', 'us-gov'])
    expect(await heldNow()).toMatchObject([
      {
        instance: 'global',
        run: 'run-1',
        host: hostname(),
        process: process.pid,
        job: 'https://ci.example/2',
        since: '2026-03-16T10:00:00.000Z',
        until: '2026-03-16T10:00:30.000Z',
      },
      { instance: 'us-gov' },
    ])
    await hold.giveBack()
    expect(await heldNow()).toEqual([])
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
    expect((await heldNow()).map(({ instance, run }) => `${instance} ${run}`)).toEqual(['global run-1'])
  })

  it('lets runs of other instances be', async () => {
    await take(['global'])
    await take(['us-gov'], 'run-2')
    expect((await heldNow()).map(({ run }) => run)).toEqual(['run-1', 'run-2'])
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
    expect((await heldNow()).map(({ job }) => job)).toEqual(['https://ci.example/1', undefined])
  })

  it.each([
    ['GITHUB_RUN_ID', '42', 'https://git.example/team/sync/actions/runs/42'],
    ['BUILD_URL', 'https://ci.example/7', 'https://ci.example/7'],
    ['BUILDKITE_BUILD_URL', '', undefined],
  ])('the CI job is what the CI system says, in %s here: "%s"', async (variable, value, job) => {
    for (const name of ['CI_JOB_URL', 'GITHUB_RUN_ID', 'BUILD_URL', 'BUILDKITE_BUILD_URL']) vi.stubEnv(name, undefined)
    vi.stubEnv('CI_JOB_URL', '')
      .stubEnv('GITHUB_SERVER_URL', 'https://git.example')
      .stubEnv('GITHUB_REPOSITORY', 'team/sync')
    vi.stubEnv(variable, value)
    await take(['global'])
    expect((await heldNow()).map((lock) => lock.job)).toEqual([job])
  })

  it('a process may take again what it holds in the name of the same run, and no more than that', async () => {
    await take(['global'])
    await take(['global', 'us-gov'])
    await expect(take(['us-gov'], 'run-2')).rejects.toMatchObject({ code: 'LOCKED' })
  })

  it.each([
    ['on another machine', { host: 'elsewhere', process: process.pid }],
    ['in another container of one name', { host: hostname(), machine: 'another', process: process.pid }],
    ['in another process of this one', { host: hostname(), machine: thisProcess().machine, process: process.ppid }],
  ])('a run that goes on %s is not gone on with here', async (_where, who) => {
    foreign('global', { run: 'run-1', ...who })
    await expect(take(['global'])).rejects.toMatchObject({ code: 'LOCKED' })
  })
})

describe('a lock that is held', () => {
  it('is renewed every 10 seconds until it is given back', async () => {
    vi.useFakeTimers()
    try {
      const clock = fakeClock()
      const hold = await take(['global', 'us-gov'], 'run-1', 0, clock)
      await clock.sleep(10_000, signal)
      vi.advanceTimersByTime(9_999)
      expect((await heldNow()).map(({ until }) => until)).toEqual([
        '2026-03-16T10:00:30.000Z',
        '2026-03-16T10:00:30.000Z',
      ])
      vi.advanceTimersByTime(1)
      expect((await heldNow()).map(({ until }) => until)).toEqual([
        '2026-03-16T10:00:40.000Z',
        '2026-03-16T10:00:40.000Z',
      ])
      expect(() => hold.assert()).not.toThrow()
      await hold.giveBack()
      foreign('global')
      vi.advanceTimersByTime(60_000)
      expect(await heldNow()).toMatchObject([{ run: 'run-0', until: '2026-03-16T10:01:00Z' }])
    } finally {
      vi.useRealTimers()
    }
  })

  it('is not renewed any more once it was given back and the database is closed', async () => {
    vi.useFakeTimers()
    try {
      const hold = await take(['global'])
      await hold.giveBack()
      await state.close()
      vi.advanceTimersByTime(60_000)
      expect(readdirSync(directory)).toEqual(['state.db'])
    } finally {
      vi.useRealTimers()
      state = localState(directory)
      locks = state.locks
    }
  })

  it('does not keep a process from ending', async () => {
    const before = process.getActiveResourcesInfo()
    const hold = await take(['global'])
    expect(process.getActiveResourcesInfo()).toEqual(before)
    await hold.giveBack()
  })

  it('is missed when it was taken away, and when another run has it now', async () => {
    const hold = await take(['global', 'us-gov'])
    await sending(hold)
    await locks.release({ address: addressOf('us-gov'), fence: hold.fence })
    const lost = {
      code: 'LOCK_LOST',
      message: expect.stringContaining('run run-1 on us-gov'),
      hint: expect.stringContaining('zds apply'),
    }
    await expect(sending(hold)).rejects.toMatchObject(lost)
    foreign('us-gov')
    await expect(sending(hold)).rejects.toMatchObject(lost)
    await hold.giveBack()
    expect(await heldNow()).toMatchObject([{ instance: 'us-gov', run: 'run-0' }])
  })
})

describe('a lock that nobody holds any more', () => {
  it('is one whose lease has run out', async () => {
    foreign('global', { until: '2026-03-16T10:00:00Z' })
    await take(['global'])
    expect(await heldNow()).toMatchObject([{ run: 'run-1' }])
  })

  it('is one of this machine whose process is gone', async () => {
    foreign('global', { host: hostname(), machine: thisProcess().machine, process: 2 ** 22 + 1 })
    await take(['global'])
    expect(await heldNow()).toMatchObject([{ run: 'run-1' }])
  })

  it('is not one of this machine whose process belongs to somebody else', async () => {
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    try {
      foreign('global', { host: hostname(), machine: thisProcess().machine, process: 2 ** 22 + 1 })
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
    const release = (instance: string, fence = 'theirs') => locks.release({ address: addressOf(instance), fence })
    expect([
      await release('us-gov'),
      await release('global', 'of another'),
      await release('global'),
      await release('global'),
    ]).toEqual([false, false, true, false])
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

  it.each(['readFileSync', 'readlinkSync'] as const)(
    'SAFE-16: is of another machine where its boot or its container is another one (%s), whatever its name',
    (asks) => {
      const { machine } = thisProcess()
      expect(machine).toMatch(new RegExp(`^${hostname()} [-0-9a-f]{36} pid:.\\d+.$`))
      vi.spyOn(fs, asks).mockReturnValue('another')
      syncBuiltinESMExports()
      expect(thisProcess().machine).not.toBe(machine)
    },
  )

  it('is of a machine that has the name of its host, where the system tells no more', () => {
    vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw new Error('no such file')
    })
    syncBuiltinESMExports()
    expect(thisProcess().machine).toBe(hostname())
  })
})
