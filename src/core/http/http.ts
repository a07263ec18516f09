import pRetry from 'p-retry'
import { ZdsError } from '../errors.ts'
import { HttpError } from './error.ts'
import { exchange } from './exchange.ts'
import { LONGEST_BACKOFF_MS, TRANSIENT } from './refusal.ts'
import { laneOf, type Answer, type Caller, type Http, type HttpOptions, type Request } from './request.ts'

/** A service that wants a longer pause than this is down for this run. */
const LONGEST_WAIT_MS = 600_000

/** The one HTTP layer: timeouts, bounded retries with jitter, `Retry-After`, typed errors. */
export function http(options: HttpOptions): Http {
  const { service, policy, limiter, authorize } = options

  const attempt = async (request: Request, run: Caller, renew: boolean): Promise<Answer> => {
    const headers = { ...request.headers, ...(await authorize?.(run, renew).catch(signInFailed)) }
    const send = () => exchange({ ...request, headers }, options, run)
    try {
      return await (limiter === undefined ? send() : limiter.enter(send, run, laneOf(request)))
    } catch (error) {
      if (error instanceof HttpError && error.status === 401 && authorize !== undefined && !renew)
        return attempt(request, run, true)
      throw error
    }
  }

  return (request, run) =>
    pRetry(() => attempt(request, run, false), {
      retries: policy.attempts - 1,
      minTimeout: 0,
      maxTimeout: 0,
      signal: run.signal,
      shouldRetry: ({ error }) => error instanceof HttpError && worthRepeating(error, request, options),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!(error instanceof HttpError) || retriesLeft === 0 || !worthRepeating(error, request, options)) return
        const wait = error.retryMs ?? backoff(policy.baseDelayMs, attemptNumber)
        if (wait > LONGEST_WAIT_MS) throw error
        const lane = error.endpointOnly ? laneOf(request) : undefined
        if (error.status === 429) limiter?.pause(new Date(run.clock.now().getTime() + wait), lane)
        run.progress(`${service}: ${reasonOf(error)}, trying again in ${(wait / 1000).toFixed(1)} s`)
        await run.clock.sleep(wait, run.signal)
      },
    })
}

/**
 * The request itself was not sent, so it is neither lost nor to be repeated: whoever signs in has
 * its own retries.
 */
function signInFailed(error: unknown): never {
  if (!(error instanceof HttpError)) throw error
  throw new ZdsError(error.code, error.message, { cause: error, hint: error.hint, issues: error.issues })
}

function worthRepeating(
  error: HttpError,
  { method, repeatable = method !== 'POST' }: Request,
  options: HttpOptions,
): boolean {
  if (options.final?.(error) === true) return false
  const transient =
    error.status === 0 ||
    error.code === 'HTTP_UNREADABLE' ||
    TRANSIENT.has(error.status) ||
    options.transient?.(error) === true
  return transient && (repeatable || error.arrived === 'no')
}

const reasonOf = ({ status }: HttpError): string => (status === 0 ? 'no answer' : `status ${status}`)

/** Full jitter over the upper half: spread out, and never nearly nothing. */
function backoff(baseMs: number, attempt: number): number {
  return Math.min(LONGEST_BACKOFF_MS, baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
}
