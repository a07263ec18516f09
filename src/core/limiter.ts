import PQueue from 'p-queue'
import type { Run } from './types.ts'

type Waiting = Pick<Run, 'clock' | 'signal' | 'progress'>

/** Paces all requests to one instance: a bounded number at a time, and none while the service has asked for a pause. */
export interface Limiter {
  /** Runs `request` when there is a place and no pause. Rejects with the signal's reason when the run is aborted meanwhile. */
  enter<T>(request: () => Promise<T>, run: Waiting): Promise<T>
  /** Takes note of an answer's rate limit headers: when nothing is left of the window, everybody waits for the next one. */
  heed(headers: Headers, now: Date): void
  /** Nobody starts before `until`. */
  pause(until: Date): void
}

/** At most `concurrency` requests at a time. */
export function limiter(service: string, concurrency = 4): Limiter {
  const queue = new PQueue({ concurrency })
  let opensAt = 0

  const pause = (until: Date): void => {
    opensAt = Math.max(opensAt, until.getTime())
  }
  const gate = async ({ clock, signal, progress }: Waiting): Promise<void> => {
    for (let wait = opensAt - clock.now().getTime(); wait > 0; wait = opensAt - clock.now().getTime()) {
      progress(`${service}: rate limit, waiting ${Math.ceil(wait / 1000)} s`)
      await clock.sleep(wait, signal)
    }
  }
  return {
    pause,
    enter: (request, run) =>
      queue.add(
        async () => {
          await gate(run)
          return request()
        },
        { signal: run.signal },
      ),
    heed: (headers, now) => {
      if (remaining(headers) === 0) pause(new Date(now.getTime() + resetMs(headers, now)))
    },
  }
}

const REMAINING = ['x-rate-limit-remaining', 'ratelimit-remaining', 'rate-limit-remaining']
const RESET = ['ratelimit-reset', 'rate-limit-reset', 'x-rate-limit-reset']

function remaining(headers: Headers): number | undefined {
  return numberIn(headers, REMAINING)
}

/** Milliseconds until the window that the headers speak of ends; without such a header, until the next clock minute (zendesk-api.md 8). */
export function resetMs(headers: Headers, now: Date): number {
  const seconds = numberIn(headers, RESET)
  return seconds === undefined ? 60_000 - (now.getTime() % 60_000) : seconds * 1000
}

/** Whether the headers name the end of the window. */
export function namesReset(headers: Headers): boolean {
  return numberIn(headers, RESET) !== undefined
}

function numberIn(headers: Headers, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = headers.get(name)
    if (value !== null && /^\d+$/.test(value.trim())) return Number(value)
  }
  return undefined
}
