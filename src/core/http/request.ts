import type { HttpError } from './error.ts'
import type { Limiter } from './limiter.ts'
import type { HttpPolicy } from './policy.ts'
import type { Json } from '../json.ts'
import type { Run } from '../types.ts'

export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  /**
   * Sending it twice does no harm, so a lost answer is asked for again. Default: every method but
   * POST.
   */
  readonly repeatable?: boolean
  /** What a good answer holds. Default `json`. */
  readonly accept?: 'json' | 'text'
}

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json; readonly text: string }

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
  /** Headers that prove who we are. Called again with `renew` once after a 401. */
  readonly authorize?: (run: Caller, renew: boolean) => Promise<{ readonly [name: string]: string }>
  /** The service's own words in an error body. */
  readonly explain?: (body: Json) => string | undefined
  /** True for an error that waiting here cannot mend. */
  readonly final?: (error: HttpError) => boolean
  /** True for an error that is worth another try although its status does not say so. */
  readonly transient?: (error: HttpError) => boolean
}

/** Requests that may share a limit: the same method on the same path, whatever the ids in it. */
export function laneOf({ method, url }: Request): string {
  return `${method} ${new URL(url).pathname.replaceAll(/\d+/g, '#')}`
}
