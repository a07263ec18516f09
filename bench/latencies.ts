import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from 'zds'

/** What the services take, in milliseconds, and allow. */
export const LATENCY = { salesforce: 900, read: 180, write: 250, job: 3_000, row: 80, requestsPerMinute: 700 }

/** The day of the generated data. */
export const AS_OF = '2026-03-16'

/** A clock that runs `speed` times as fast as the real one. */
export function fastClock(speed: number): Clock {
  const start = Date.now()
  return {
    today: AS_OF,
    now: () => new Date(start + (Date.now() - start) * speed),
    sleep: (ms, signal) => wait(ms / speed, undefined, { signal }),
  }
}
