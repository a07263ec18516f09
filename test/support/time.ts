import { systemClock, type Clock } from 'zds'

/**
 * How much faster a hasty clock runs: what waits for jobs, or between attempts, need not take its
 * time in a test.
 */
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
