import PQueue from 'p-queue'
import type { Run } from '../types.ts'

type Waiting = Pick<Run, 'clock' | 'signal' | 'progress'>

/**
 * Paces all requests to one instance: a bounded number at a time, and none while the service has
 * asked for a pause. A lane is what has a limit of its own: one endpoint.
 */
export interface Limiter {
  /**
   * Runs `request` when there is a place and no pause. Rejects with the signal's reason when the
   * run is aborted meanwhile.
   */
  enter<T>(request: () => Promise<T>, run: Waiting, lane?: string): Promise<T>
  /**
   * Takes note of an answer's rate limit headers: when too little is left of a window, everybody,
   * or the lane, waits for the next one.
   */
  heed(headers: Headers, now: Date, lane?: string): void
  /** Nobody, or nobody in the lane, starts before `until`. */
  pause(until: Date, lane?: string): void
}

/**
 * At most `concurrency` requests at a time; `reserve` is the share of the account's limit that is
 * left to others (agents, other tools).
 */
export function limiter(service: string, concurrency = 4, reserve = 0): Limiter {
  const queue = new PQueue({ concurrency })
  /** When each lane opens again; '' is the whole instance. */
  const opens = new Map<string, number>()

  const pause = (until: Date, lane = ''): void => {
    opens.set(lane, Math.max(opens.get(lane) ?? 0, until.getTime()))
  }
  const opensAt = (lane: string): number => Math.max(opens.get('') ?? 0, opens.get(lane) ?? 0)
  const gate = async ({ clock, signal, progress }: Waiting, lane: string): Promise<void> => {
    for (let wait = opensAt(lane) - clock.now().getTime(); wait > 0; wait = opensAt(lane) - clock.now().getTime()) {
      progress(`${service}: rate limit, waiting ${Math.ceil(wait / 1000)} s`)
      await clock.sleep(wait, signal)
    }
  }
  return {
    pause,
    enter: async (request, run, lane = '') => {
      // A lane that waits takes no place from the others.
      await gate(run, lane)
      return queue.add(
        async () => {
          await gate(run, lane)
          return request()
        },
        { signal: run.signal },
      )
    },
    heed: (headers, now, lane = '') => {
      const left = numberIn(headers, REMAINING) ?? Infinity
      if (left <= (numberIn(headers, LIMIT) ?? 0) * reserve) pause(new Date(now.getTime() + resetMs(headers, now)))
      for (const seconds of spent(headers)) pause(new Date(now.getTime() + seconds * 1000), lane)
    },
  }
}

const REMAINING = ['x-rate-limit-remaining', 'ratelimit-remaining', 'rate-limit-remaining']
const LIMIT = ['x-rate-limit', 'ratelimit-limit', 'rate-limit']
const RESET = ['ratelimit-reset', 'rate-limit-reset', 'x-rate-limit-reset']

/**
 * Milliseconds until the window that the headers speak of ends; without such a header, until the
 * next clock minute (zendesk-api.md 8).
 */
export function resetMs(headers: Headers, now: Date): number {
  const seconds = numberIn(headers, RESET)
  return seconds === undefined ? 60_000 - (now.getTime() % 60_000) : seconds * 1000
}

/** Whether the headers name the end of the window. */
export function namesReset(headers: Headers): boolean {
  return numberIn(headers, RESET) !== undefined
}

/** Whether the account has requests left, so that a refusal is one of the endpoint. */
export function hasLeft(headers: Headers): boolean {
  return (numberIn(headers, REMAINING) ?? 0) > 0
}

/**
 * In how many seconds each spent limit of a single endpoint is filled again:
 * `zendesk-ratelimit-<bucket>: total=5; remaining=0; resets=4`. Open jobs are no rate: whoever
 * sends them counts them.
 */
function spent(headers: Headers): number[] {
  return [...headers].flatMap(([name, value]) => {
    if (!/^zendesk-rate-?limit-/.test(name) || name.endsWith('inflight-jobs')) return []
    const resets = /\bresets=(\d+)/.exec(value)?.[1]
    return resets !== undefined && /\bremaining=0\b/.test(value) ? [Number(resets)] : []
  })
}

function numberIn(headers: Headers, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = headers.get(name)
    if (value !== null && /^\d+$/.test(value)) return Number(value)
  }
  return undefined
}
