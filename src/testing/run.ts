import { tmpdir } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { joinedIn } from '../core/run/shared.ts'
import type { Setting } from '../core/settings.ts'
import type { PrepareRun, Run } from '../core/types.ts'

export type FakeClock = Clock & {
  /** The pauses that were asked for, in milliseconds, in order. */
  readonly pauses: number[]
}

/**
 * A clock that stands still except in `sleep`, which moves it on and resolves in the next turn of
 * the event loop.
 */
export function fakeClock(start = '2026-03-16T10:00:00Z'): FakeClock {
  let now = Date.parse(start)
  const pauses: number[] = []
  return {
    pauses,
    today: start.slice(0, 10),
    now: () => new Date(now),
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      pauses.push(ms)
      const until = now + ms
      await turn()
      signal.throwIfAborted()
      now = Math.max(now, until)
    },
  }
}

/** A run that somebody can stop. */
export type LentRun = Run & { readonly abort: (reason: Error) => void }

export type TestRun = LentRun &
  PrepareRun & {
    readonly clock: FakeClock
    /** What `progress` was told. */
    readonly told: string[]
    /** What `expect` was told: rows, and how many more or less may come. */
    readonly announced: [number, number][]
    /** What `incomplete` was told. */
    readonly doubts: string[]
  }

/**
 * A run whose inputs are given by the name of their source, and which remembers what it was told.
 */
export function testRun(inputs: { readonly [name: string]: readonly unknown[] } = {}): TestRun {
  const controller = new AbortController()
  const told: string[] = []
  const announced: [number, number][] = []
  const doubts: string[] = []
  return {
    clock: fakeClock(),
    signal: controller.signal,
    told,
    announced,
    doubts,
    held: [],
    abort: (reason) => controller.abort(reason),
    expect: (rows, slack = 0) => void announced.push([rows, slack]),
    incomplete: (why) => void doubts.push(why),
    joined: joinedIn(tmpdir()),
    progress: (message) => void told.push(message),
    input: async function* (source) {
      yield* (inputs[source.name] ?? []) as never[] // the test gives rows of the source's type
    },
  }
}

/** A setting with this value, wherever the variables of the process stand. */
export const settingOf = (name: string, value: string): Setting => ({ name, read: () => value, peek: () => value })
