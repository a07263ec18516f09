import { setImmediate as turn } from 'node:timers/promises'
import { systemClock, type Clock, type Run } from 'zds'

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

/** How much faster a hasty clock runs: what waits for jobs, or between attempts, need not take its time in a test. */
const HASTE = 20

/** A clock that runs faster than the machine's, for runs against real servers. */
export function hastyClock(asOf: string): Clock {
  const machine = systemClock(asOf)
  const start = Date.now()
  return {
    today: asOf,
    now: () => new Date(start + (Date.now() - start) * HASTE),
    sleep: (ms, signal) => machine.sleep(ms / HASTE, signal),
  }
}

export type TestRun = Run & {
  readonly clock: FakeClock
  readonly told: string[]
  readonly announced: [number, number][]
  readonly abort: (reason: Error) => void
}

/**
 * A run whose inputs are given by the name of their source, and which remembers what it was told.
 */
export function testRun(inputs: { readonly [name: string]: readonly unknown[] } = {}): TestRun {
  const controller = new AbortController()
  const told: string[] = []
  const announced: [number, number][] = []
  return {
    clock: fakeClock(),
    signal: controller.signal,
    told,
    announced,
    abort: (reason) => controller.abort(reason),
    expect: (rows, slack = 0) => void announced.push([rows, slack]),
    progress: (message) => void told.push(message),
    input: async function* (source) {
      yield* (inputs[source.name] ?? []) as never[] // the test gives rows of the source's type
    },
  }
}
