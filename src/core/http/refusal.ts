import type { Code } from '../errors.ts'
import { parseJson, type Json } from '../json.ts'
import { redact } from '../secrets.ts'
import { HttpError } from './error.ts'
import { hasLeft, namesReset, resetMs } from './limiter.ts'
import type { HttpOptions, Request } from './request.ts'

/**
 * Statuses that say "not now" rather than "no". 420 and 52x have no or HTML bodies and are
 * transient all the same (salesforce-api.md 3, zendesk-api.md 8).
 */
export const TRANSIENT = new Set([408, 409, 420, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
export const LONGEST_BACKOFF_MS = 60_000

type Refused = { readonly request: Request; readonly response: Response; readonly body: Json | undefined }
/** The error that an answer other than a success is, with the service's words as far as they may be shown. */
export function refused(at: string, { request, response, body }: Refused, options: HttpOptions, now: Date): HttpError {
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

/**
 * Statuses that speak of the data that was sent: their words may repeat it, or nobody would know
 * what is meant.
 */
const ABOUT_DATA = new Set([400, 404, 409, 422])
const LONGEST_WORDS = 500

/**
 * A service's words, without secrets, hosts (OPS-08) and what they have no reason to repeat; cut
 * last, or the beginning of a secret may stay.
 */
function shownWords(said: string, status: number, { url, body }: Request): string {
  const clean = redact(said).replaceAll(new URL(url).host, '…')
  return (ABOUT_DATA.has(status) ? clean : withoutOurs(clean, body)).slice(0, LONGEST_WORDS)
}

/**
 * A service that refuses who we are, or is down, has no reason to repeat whom the request was
 * about.
 */
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
  if (status === 403)
    return `The user that zds acts as in ${service} lacks a permission for this, or the API limit of the day is used up.`
  return undefined
}

/**
 * How long the service asks us to wait: `Retry-After` in seconds or as a date; for a 429 without
 * it, the reset that its headers name.
 */
function retryMs(headers: Headers, status: number, now: Date): number | undefined {
  const after = headers.get('retry-after') ?? ''
  if (/^\d+(\.\d+)?$/.test(after)) return Number(after) * 1000
  // HTTP has its dates in GMT; `Date.parse` makes a date of `-5` too.
  const until = after.endsWith(' GMT') ? Date.parse(after) : Number.NaN
  if (!Number.isNaN(until)) return Math.max(0, until - now.getTime())
  return status === 429 && namesReset(headers) ? Math.min(resetMs(headers, now), LONGEST_BACKOFF_MS) : undefined
}
