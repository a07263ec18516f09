import { dateIn } from '../clock.ts'
import type { Code } from '../errors.ts'
import { parseJson, type Json } from '../json.ts'
import { redact } from '../secrets.ts'
import { HttpError } from './error.ts'
import type { Rate } from './limiter.ts'
import type { HttpOptions, Refusal, Request, Verdict } from './request.ts'
import { LONGEST_WAIT_MS, spanOf, tooLong, untilMs } from './wait.ts'

/** Statuses that say "not now" rather than "no". 420 and 52x have no or HTML bodies. */
const PASSING = new Set([408, 420, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])

const CODES: { readonly [verdict in Verdict]: Code } = {
  passing: 'HTTP_UNAVAILABLE',
  unavailable: 'HTTP_UNAVAILABLE',
  unauthorized: 'AUTH_FAILED',
  refused: 'HTTP_REFUSED',
}

/** The error that a refusal is, with the service's words as far as they may be shown. */
export function refusalError(
  at: string,
  refusal: Refusal,
  { request, rate, now }: { readonly request: Request; readonly rate: Rate | undefined; readonly now: Date },
  options: HttpOptions,
): HttpError {
  const { status, body } = refusal
  const verdict = options.verdict?.(refusal) ?? verdictOf(status)
  const code = CODES[verdict]
  const retryMs = verdict === 'passing' ? askedMs(refusal, rate, now) : undefined
  const long = retryMs !== undefined && retryMs > LONGEST_WAIT_MS
  const untouched = options.untouched?.(refusal) ?? (status === 429 || (status === 503 && retryMs !== undefined))
  const said = body === null ? undefined : options.explain?.(body)
  const words = said === undefined ? '' : `: ${shownWords(said, status, request)}`
  return new HttpError(
    code,
    redact(`${at} answered ${status}${words}${long ? `, and asks to wait ${spanOf(retryMs)}` : ''}`),
    {
      status,
      reads: request.method === 'GET',
      body,
      arrived: code === 'HTTP_UNAVAILABLE' && !untouched ? 'maybe' : 'no',
      passing: verdict === 'passing' && !long,
      retryMs,
      endpointOnly: (rate?.left ?? 0) > 0,
    },
    { hint: long ? tooLong(retryMs) : hintFor(refusal, verdict, now, options) },
  )
}

function verdictOf(status: number): Verdict {
  if (status === 401 || status === 403) return 'unauthorized'
  return PASSING.has(status) ? 'passing' : 'refused'
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
  const clean = withoutHost(redact(said), url)
  return (ABOUT_DATA.has(status) ? clean : withoutOurs(clean, body)).slice(0, LONGEST_WORDS)
}

/** What others say of a request, without its host (OPS-08). */
export const withoutHost = (words: string, url: string): string =>
  words.replaceAll(new RegExp(`${RegExp.escape(new URL(url).hostname)}(?::\\d+)?`, 'gi'), '…')

/**
 * A service that refuses who we are, or is down, has no reason to repeat whom the request was
 * about.
 */
function withoutOurs(words: string, body: string | undefined): string {
  const ours = textsIn(parseJson(body ?? '') ?? null).filter(({ length }) => length >= 4)
  return ours.toSorted((a, b) => b.length - a.length).reduce((clean, text) => clean.replaceAll(text, '…'), words)
}

function textsIn(value: Json): string[] {
  return typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap((part: Json) => textsIn(part))
}

function hintFor(refusal: Refusal, verdict: Verdict, now: Date, options: HttpOptions): string | undefined {
  const advice = options.advise?.(refusal) ?? hintOf(refusal.status, verdict, options.service)
  return advice && (verdict === 'unauthorized' ? clockHint(refusal.headers, now, options.service) + advice : advice)
}

function hintOf(status: number, verdict: Verdict, service: string): string | undefined {
  if (status < 400)
    return `Its address leads to another one, which is not followed. Give ${service} the final one: https, the right host, no path.`
  if (verdict !== 'unauthorized') return undefined
  return status === 403
    ? `The user that zds acts as in ${service} lacks a permission for this.`
    : `Check the credentials of ${service}.`
}

/** Clocks that differ by more make tokens and assertions invalid. */
const CLOCK_MS = 60_000

/** Every answer has a date, by which our own clock can be told to be wrong; empty where it is not. */
function clockHint(headers: Headers, now: Date, service: string): string {
  const ahead = now.getTime() - (dateIn(headers)?.getTime() ?? now.getTime())
  if (Math.abs(ahead) < CLOCK_MS) return ''
  const which = ahead > 0 ? 'ahead of' : 'behind'
  return `The clock of this machine is ${spanOf(Math.abs(ahead))} ${which} that of ${service}: set it right first. `
}

/**
 * How long the service asks us to wait: `Retry-After` in seconds or as a date; for a 429 without
 * it, the reset that its headers name.
 */
function askedMs({ status, headers }: Refusal, rate: Rate | undefined, now: Date): number | undefined {
  const after = headers.get('retry-after') ?? ''
  const asked = untilMs(after, now)
  if (asked !== undefined) return asked
  // HTTP has its dates in GMT; `Date.parse` makes a date of `-5` too.
  const until = after.endsWith(' GMT') ? Date.parse(after) : Number.NaN
  if (!Number.isNaN(until)) return Math.max(0, until - now.getTime())
  return status === 429 ? rate?.resetMs : undefined
}
