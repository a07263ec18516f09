import type { HttpError } from './error.ts'
import type { Limiter } from './limiter.ts'
import type { HttpPolicy } from './policy.ts'
import type { Json } from '../json.ts'
import type { Run } from '../types.ts'

export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  /** With an `Idempotency-Key` among them, sending it twice does no harm. */
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  /**
   * Sending it twice does no harm, so a lost answer is asked for again. Default: every method but
   * POST and PATCH, and these with an `Idempotency-Key`.
   */
  readonly repeatable?: boolean
  /** What a good answer holds. Default `json`. */
  readonly accept?: 'json' | 'text'
}

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json; readonly text: string }

/** An answer that is no success. The body is null where it is no JSON. */
export type Refusal = Pick<Answer, 'status' | 'headers' | 'body'>

/**
 * What a refusal means. `passing`: not now, so it is worth another try; `unavailable`: not in this
 * run; `unauthorized`: not to us; `refused`: not this.
 */
export type Verdict = 'passing' | 'unavailable' | 'unauthorized' | 'refused'

/** Headers that prove who we are. */
export type Proof = { readonly [name: string]: string }

/** What a request needs of a run. */
export type Caller = Pick<Run, 'clock' | 'signal' | 'progress'>

/**
 * Sends a request until it succeeds or is not worth another try. Throws HttpError for every answer
 * that is no success.
 */
export type Http = (request: Request, run: Caller) => Promise<Answer>

export type HttpOptions = {
  /** The name that errors give to the other side: `global`. */
  readonly service: string
  readonly policy: HttpPolicy
  readonly limiter?: Limiter
  /**
   * Who we are: the same headers as long as they are good. Called again with those that a 401
   * refused: then other ones, where there can be any.
   */
  readonly authorize?: (run: Caller, refused?: Proof) => Promise<Proof>
  /** The service's own words in an error body. */
  readonly explain?: (body: Json) => string | undefined
  /** What to do about a refusal, where the service's words tell. */
  readonly advise?: (refusal: Refusal) => string | undefined
  /**
   * What a refusal means, where its status alone does not tell. By default 401 and 403 are
   * `unauthorized`; 408, 420, 425, 429, 500, 502, 503, 504 and 520 to 524 `passing`; all others
   * `refused`.
   */
  readonly verdict?: (refusal: Refusal) => Verdict | undefined
  /**
   * Whether a `passing` or `unavailable` refusal proves that nothing happened, so that even a POST
   * may be sent again. By default only 429, and 503 with `Retry-After`.
   */
  readonly untouched?: (refusal: Refusal) => boolean | undefined
}

/** Requests that may share a limit: the same method on the same path, whatever the ids in it. */
export function laneOf({ method, url }: Request): string {
  return `${method} ${new URL(url).pathname.replaceAll(/\d+/g, '#')}`
}

/** Whether a request that failed is worth sending again: it passes, and cannot be done twice. */
export function isWorthRepeating(
  { passing, arrived }: HttpError,
  { method, headers = {}, repeatable }: Request,
): boolean {
  const keyed = Object.keys(headers).some((name) => name.toLowerCase() === 'idempotency-key')
  return passing && (arrived === 'no' || (repeatable ?? (keyed || (method !== 'POST' && method !== 'PATCH'))))
}
