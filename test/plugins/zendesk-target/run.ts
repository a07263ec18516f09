import { setTimeout as wait } from 'node:timers/promises'
import type { ApplyRun, Clock, PrepareRun } from 'zds'
import { testRun as lent, type LentRun } from 'zds/testing'

export type TestRun = {
  readonly run: ApplyRun & PrepareRun
  readonly progress: string[]
  readonly expected: { rows: number; slack: number }[]
  /** Why what was read may not be all. */
  readonly doubts: string[]
  /** The pauses that were asked for, in milliseconds. */
  readonly pauses: number[]
  /** Which changes went after which, by key. */
  readonly waits: (readonly (readonly [string, string])[])[]
  readonly abort: (reason: Error) => void
}

/**
 * A clock on which pauses pass at once, and nothing else takes time: `sleep` moves `now` on and gives
 * the machine a moment.
 */
function quickClock(pauses: number[] = []): Clock {
  let now = Date.now()
  return {
    now: () => new Date(now),
    today: '2026-03-16',
    sleep: async (ms, signal) => {
      pauses.push(ms)
      await wait(Math.min(ms, 5), undefined, { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error
      })
      now += ms
    },
  }
}

/** A run as the engine lends it, and a record of what was told to it. */
export function testRun(): TestRun {
  const controller = new AbortController()
  const pauses: number[] = []
  const progress: string[] = []
  const expected: { rows: number; slack: number }[] = []
  const doubts: string[] = []
  const waits: TestRun['waits'] = []
  const run: ApplyRun & PrepareRun = {
    signal: controller.signal,
    clock: quickClock(pauses),
    input: () => {
      throw new Error('this source needs no other')
    },
    joined: lent().joined,
    incomplete: (why) => void doubts.push(why),
    expect: (rows, slack = 0) => void expected.push({ rows, slack }),
    progress: (message) => void progress.push(message),
    held: [],
    fresh: async (changes) => [...changes],
    waited: async (after) => void waits.push([...after]),
  }
  return { run, progress, expected, doubts, pauses, waits, abort: (reason) => controller.abort(reason) }
}

/** The same for the laws of a target. */
export function lentRun(): LentRun {
  const { run, abort } = testRun()
  return { ...run, abort }
}
