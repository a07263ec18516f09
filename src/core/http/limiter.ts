import PQueue from 'p-queue'
import { tellWait } from '../channels.ts'
import { ZdsError } from '../errors.ts'
import type { Run } from '../types.ts'
import { LONGEST_WAIT_MS, spanOf, tooLong } from './wait.ts'
import { width } from './width.ts'

type LimitedRun = Pick<Run, 'clock' | 'signal' | 'progress'>

/** What a service says of its limits in the headers of an answer. */
export type Rate = {
  /** Requests that are left of the window, and of how many. */
  readonly left?: number | undefined
  readonly limit?: number | undefined
  /** Milliseconds until the window ends. */
  readonly resetMs?: number | undefined
  /** Milliseconds until the endpoint that was asked takes the next request. */
  readonly endpointMs?: number | undefined
}

export type LimiterOptions = {
  /** The name that progress and errors give to the other side: `global`. */
  readonly service: string
  /** Requests at a time, at most: fewer where answers are slow, or little is left. Default 4. */
  readonly concurrency?: number | undefined
  /** The share of the service's limit that is left to others (agents, other tools). Default 0. */
  readonly reserve?: number | undefined
  /** Requests that may begin in a second. Default: no such bound. */
  readonly perSecond?: number | undefined
  /** Reads the headers in which the service speaks of its limits. Default: it does not. */
  readonly rate?: (headers: Headers, now: Date) => Rate
}

/**
 * Paces all requests to one service: a bounded number at a time, and none while the service has
 * asked for a pause. A lane is what has a limit of its own: one endpoint.
 */
export interface Limiter {
  /**
   * Runs `request` when there is a place and no pause. Rejects with the signal's reason when the
   * run is aborted meanwhile, and with HTTP_UNAVAILABLE where the pause is longer than zds waits.
   */
  enter<T>(request: () => Promise<T>, run: LimitedRun, lane?: string): Promise<T>
  /**
   * Takes note of what an answer says of the limits, and hands it back: when too little is left of
   * a window, everybody, or the lane, waits for the next one.
   */
  heed(headers: Headers, now: Date, lane?: string): Rate
  /** Nobody, or nobody in the lane, starts before `until`, in milliseconds since 1970. */
  pause(until: number, lane?: string): void
}

export function limiter(options: LimiterOptions): Limiter {
  const { service, concurrency = 4, reserve = 0, perSecond, rate = (): Rate => ({}) } = options
  const queue = new PQueue({ concurrency })
  const wide = width(concurrency)
  /** When each lane opens again; '' is the whole service. */
  const opens = new Map<string, number>()
  /** When the next request may begin, where they are to be spread. */
  let nextStart = 0

  const pause = (until: number, lane = ''): void => {
    if (!Number.isNaN(until)) opens.set(lane, Math.max(opens.get(lane) ?? 0, until))
  }
  const opensAt = (lane: string): number => Math.max(opens.get('') ?? 0, opens.get(lane) ?? 0)
  const gate = async ({ clock, signal, progress }: LimitedRun, lane: string): Promise<void> => {
    for (let wait; (wait = opensAt(lane) - clock.now().getTime()) > 0;) {
      if (wait > LONGEST_WAIT_MS) {
        const spent = `${service}: its rate limit is spent for ${spanOf(wait)}`
        throw new ZdsError('HTTP_UNAVAILABLE', spent, { hint: tooLong(wait) })
      }
      const message = { service, ms: wait, because: 'limit' } as const
      tellWait(message)
      progress(`${service}: rate limit, waiting ${spanOf(wait)}`, message)
      await clock.sleep(wait, signal)
    }
  }
  const turn = async ({ clock, signal }: LimitedRun): Promise<void> => {
    if (perSecond === undefined) return
    const now = clock.now().getTime()
    const start = Math.max(now, nextStart)
    nextStart = start + 1000 / perSecond
    if (start > now) await clock.sleep(start - now, signal)
  }
  return {
    pause,
    enter: async (request, run, lane = '') => {
      // A lane that waits takes no place from the others.
      await gate(run, lane)
      return queue.add(
        async () => {
          await gate(run, lane)
          await turn(run)
          const began = run.clock.now().getTime()
          return request().finally(() => {
            wide.took(run.clock.now().getTime() - began, lane)
            queue.concurrency = wide.at()
          })
        },
        { signal: run.signal },
      )
    },
    heed: (headers, now, lane) => {
      const said = rate(headers, now)
      const { left = Infinity, limit = 0, resetMs = 0, endpointMs = 0 } = said
      const ends = now.getTime() + resetMs
      wide.left(left - limit * reserve, ends)
      queue.concurrency = wide.at()
      if (left <= limit * reserve) pause(ends)
      if (endpointMs > 0) pause(now.getTime() + endpointMs, lane)
      return said
    },
  }
}
