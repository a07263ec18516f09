import pRetry from 'p-retry'
import { tellWait } from '../channels.ts'
import { sendAuthorized } from './authorized.ts'
import { HttpError } from './error.ts'
import { isWorthRepeating, laneOf, type Http, type HttpOptions } from './request.ts'
import { backoff, spanOf } from './wait.ts'

/** The one HTTP layer: timeouts, bounded retries with jitter, `Retry-After`, typed errors. */
export function http(options: HttpOptions): Http {
  const { service, policy, limiter } = options
  const send = sendAuthorized(options)

  return (request, run) =>
    pRetry(() => send(request, run), {
      retries: policy.attempts - 1,
      minTimeout: 0,
      maxTimeout: 0,
      signal: run.signal,
      shouldRetry: ({ error }) => error instanceof HttpError && isWorthRepeating(error, request),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!(error instanceof HttpError) || retriesLeft === 0 || !isWorthRepeating(error, request)) return
        const wait = waitBefore(error, policy.baseDelayMs, attemptNumber)
        const lane = error.endpointOnly ? laneOf(request) : undefined
        if (error.status === 429) limiter?.pause(run.clock.now().getTime() + wait, lane)
        const message = { service, ms: wait, because: 'retry', status: error.status } as const
        tellWait(message)
        run.progress(
          `${service}: ${reasonOf(error)}, trying again in ${wait < 60_000 ? `${(wait / 1000).toFixed(1)} s` : spanOf(wait)}`,
          message,
        )
        await run.clock.sleep(wait, run.signal)
      },
    })
}

const A_MINUTE_MS = 60_000

/**
 * As long as the service asks; where that did not help, no shorter than without a word from it. One
 * that refuses us for our pace and does not say how long is given a minute, in which its window ends
 * (GEN-11); less only where the policy waits less than a second at first.
 */
function waitBefore({ retryMs, status }: HttpError, baseMs: number, attempt: number): number {
  if (retryMs === undefined && status === 429) return Math.min(A_MINUTE_MS, 60 * baseMs)
  const own = backoff(baseMs, attempt)
  if (retryMs === undefined) return own
  return attempt === 1 ? retryMs : Math.max(retryMs, own)
}

/** A good status is no reason: then it is the answer that cannot be read. */
const reasonOf = ({ status }: HttpError): string =>
  status === 0 ? 'no answer' : status < 300 ? 'an answer that cannot be read' : `status ${status}`
