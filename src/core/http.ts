import pRetry from 'p-retry'
import { messageOf, ZdsError, type Code } from './errors.ts'
import { HttpError } from './http-error.ts'
import type { HttpPolicy } from './http-policy.ts'
import { parseJson, type Json } from './json.ts'
import { hasLeft, namesReset, resetMs, type Limiter } from './limiter.ts'
import { redact } from './secrets.ts'
import type { Run } from './types.ts'

export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  /** Sending it twice does no harm, so a lost answer is asked for again. Default: every method but POST. */
  readonly repeatable?: boolean
  /** What a good answer holds. Default `json`. */
  readonly accept?: 'json' | 'text'
}

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json; readonly text: string }

/** What a request needs of a run. */
export type Caller = Pick<Run, 'clock' | 'signal' | 'progress'>

/** Sends a request until it succeeds or is not worth another try. Throws HttpError for every answer that is no success. */
export type Http = (request: Request, run: Caller) => Promise<Answer>

export type HttpOptions = {
  /** The name that errors give to the other side: `global`. */
  readonly service: string
  readonly policy: HttpPolicy
  readonly limiter?: Limiter
  /** Headers that prove who we are. Called again with `renew` once after a 401. */
  readonly authorize?: (run: Caller, renew: boolean) => Promise<{ readonly [name: string]: string }>
  /** The service's own words in an error body. */
  readonly explain?: (body: Json) => string | undefined
  /** True for an error that waiting here cannot mend. */
  readonly final?: (error: HttpError) => boolean
  /** True for an error that is worth another try although its status does not say so. */
  readonly transient?: (error: HttpError) => boolean
}

/** Statuses that say "not now" rather than "no". 420 and 52x have no or HTML bodies and are transient all the same (salesforce-api.md 3, zendesk-api.md 8). */
const TRANSIENT = new Set([408, 409, 420, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
/** Network failures before a single byte was sent. */
const NEVER_SENT = new Set<string | undefined>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])
const LONGEST_BACKOFF_MS = 60_000
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
      if (error instanceof HttpError && error.status === 401 && authorize !== undefined && !renew) return attempt(request, run, true)
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

/** Requests that may share a limit: the same method on the same path, whatever the ids in it. */
function laneOf({ method, url }: Request): string {
  return `${method} ${new URL(url).pathname.replaceAll(/\d+/g, '#')}`
}

/** The request itself was not sent, so it is neither lost nor to be repeated: whoever signs in has its own retries. */
function signInFailed(error: unknown): never {
  if (!(error instanceof HttpError)) throw error
  throw new ZdsError(error.code, error.message, { cause: error, hint: error.hint, issues: error.issues })
}

function worthRepeating(error: HttpError, { method, repeatable = method !== 'POST' }: Request, options: HttpOptions): boolean {
  if (options.final?.(error) === true) return false
  const transient =
    error.status === 0 || error.code === 'HTTP_UNREADABLE' || TRANSIENT.has(error.status) || options.transient?.(error) === true
  return transient && (repeatable || error.arrived === 'no')
}

const reasonOf = ({ status }: HttpError): string => (status === 0 ? 'no answer' : `status ${status}`)

/** Full jitter over the upper half: spread out, and never nearly nothing. */
function backoff(baseMs: number, attempt: number): number {
  return Math.min(LONGEST_BACKOFF_MS, baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
}

async function exchange(request: Request, options: HttpOptions, run: Caller): Promise<Answer> {
  const { service, policy, limiter } = options
  const at = `${service}: ${request.method} ${new URL(request.url).pathname}`
  let response: Response | undefined
  let text: string
  try {
    response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers },
      body: request.body ?? null,
      redirect: 'manual',
      signal: AbortSignal.any([run.signal, AbortSignal.timeout(policy.timeoutMs)]),
    })
    text = await response.text()
  } catch (cause) {
    throw unanswered(at, response, policy, cause)
  }
  const now = run.clock.now()
  limiter?.heed(response.headers, now, laneOf(request))
  const body = isJson(response.headers) ? parseJson(text) : undefined
  if (!response.ok) throw refused(at, { request, response, body }, options, now)
  if ((request.accept ?? 'json') === 'json' && body === undefined && response.status !== 204) {
    throw new HttpError('HTTP_UNREADABLE', `${at} answered ${response.status} with something that is not JSON`, {
      status: response.status,
      arrived: 'maybe',
    })
  }
  return { status: response.status, headers: response.headers, body: body ?? null, text }
}

function isJson(headers: Headers): boolean {
  return (headers.get('content-type') ?? '').includes('json')
}

function unanswered(at: string, response: Response | undefined, policy: HttpPolicy, cause: unknown): HttpError {
  if (response !== undefined) {
    return new HttpError('HTTP_UNREADABLE', `${at}: the answer broke off`, { status: response.status, arrived: 'maybe' }, { cause })
  }
  const arrived = NEVER_SENT.has(networkCode(cause)) ? 'no' : 'maybe'
  const why = cause instanceof Error && cause.name === 'TimeoutError' ? `no answer in ${policy.timeoutMs / 1000} s` : network(cause)
  return new HttpError(
    'HTTP_UNAVAILABLE',
    `${at}: ${why}`,
    { status: 0, arrived },
    { cause, hint: 'Check the address and the network, then run it again.' },
  )
}

function networkCode(cause: unknown): string | undefined {
  const inner = cause instanceof Error ? cause.cause : undefined
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined
}

function network(cause: unknown): string {
  return `no connection (${networkCode(cause) ?? redact(messageOf(cause))})`
}

type Refused = { readonly request: Request; readonly response: Response; readonly body: Json | undefined }

function refused(at: string, { request, response, body }: Refused, options: HttpOptions, now: Date): HttpError {
  const { status, headers } = response
  const said = body === undefined ? undefined : options.explain?.(body)
  const words = said === undefined ? undefined : shownWords(said, status, request)
  const message = redact(`${at} answered ${status}${words === undefined ? '' : `: ${words}`}`)
  const waits = TRANSIENT.has(status) ? retryMs(headers, status, now) : undefined
  const arrived = status < 500 || waits !== undefined ? 'no' : 'maybe'
  return new HttpError(
    codeOf(status),
    message,
    { status, body: body ?? null, arrived, retryMs: waits, endpointOnly: hasLeft(headers) },
    { hint: hintOf(status, options.service) },
  )
}

/** Statuses that speak of the data that was sent: their words may repeat it, or nobody would know what is meant. */
const ABOUT_DATA = new Set([400, 404, 409, 422])
const LONGEST_WORDS = 500

/** A service's words, without secrets, hosts (OPS-08) and what they have no reason to repeat; cut last, or the beginning of a secret may stay. */
function shownWords(said: string, status: number, { url, body }: Request): string {
  const clean = redact(said).replaceAll(new URL(url).host, '…')
  return (ABOUT_DATA.has(status) ? clean : withoutOurs(clean, body)).slice(0, LONGEST_WORDS)
}

/** A service that refuses who we are, or is down, has no reason to repeat whom the request was about. */
function withoutOurs(words: string, body: string | undefined): string {
  const ours = textsIn(parseJson(body ?? '') ?? null).filter(({ length }) => length >= 4)
  return ours.toSorted((a, b) => b.length - a.length).reduce((clean, text) => clean.replaceAll(text, '…'), words)
}

function textsIn(value: Json): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((part: Json) => textsIn(part)) : []
}

function codeOf(status: number): Code {
  if (status === 401 || status === 403) return 'AUTH_FAILED'
  return TRANSIENT.has(status) ? 'HTTP_UNAVAILABLE' : 'HTTP_REFUSED'
}

function hintOf(status: number, service: string): string | undefined {
  if (status === 401) return `Check the credentials of ${service}.`
  if (status === 403) return `The user that zds acts as in ${service} lacks a permission for this, or the API limit of the day is used up.`
  return undefined
}

/** How long the service asks us to wait: `Retry-After` in seconds or as a date; for a 429 without it, the reset that its headers name. */
function retryMs(headers: Headers, status: number, now: Date): number | undefined {
  const after = headers.get('retry-after') ?? ''
  if (/^\d+(\.\d+)?$/.test(after)) return Number(after) * 1000
  // HTTP has its dates in GMT; `Date.parse` makes a date of `-5` too.
  const until = after.endsWith(' GMT') ? Date.parse(after) : Number.NaN
  if (!Number.isNaN(until)) return Math.max(0, until - now.getTime())
  return status === 429 && namesReset(headers) ? Math.min(resetMs(headers, now), LONGEST_BACKOFF_MS) : undefined
}
