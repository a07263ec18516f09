import type { RequestLog } from '../types.ts'

/** What a fault answers: text, or anything that JSON can hold. */
type Body = null | boolean | number | string | readonly Body[] | { readonly [key: string]: Body }

/** Which requests a fault meets: all conditions given must hold. */
export type FaultMatch = {
  /** `salesforce`, `slack`, the name of a Zendesk instance, or `zendesk` for all instances. */
  readonly service: string
  readonly method?: string
  /** A part of the path and query string, which is decoded and without `.json`. */
  readonly path?: string
  /** A regular expression for the same text. */
  readonly pattern?: string
  /** A part of the request body, as it was sent. */
  readonly body?: string
  /** The first matching request that is met, counted from 1 (default 1). */
  readonly at?: number
  /** How many matching requests are met from there on (default 1; 0 = all). */
  readonly times?: number
}

/** Ready answers as the services were seen to give them. */
export type StatusPreset =
  | 'rate-limit'
  | 'rate-limit-no-header'
  | 'rate-limit-text'
  | 'rate-limit-html'
  | 'edge'
  | 'conflict'
  | 'deadlock'
  | 'unavailable'
  | 'daily-limit'
  | 'concurrent-limit'
  | 'api-disabled'
  | 'login-retry'
  | 'login-rate'
  | 'invalid-record'
  | 'redirect'

/** Which rows of a job fail: any that fits one of the lists; without a list, all. */
export type RowSelection = {
  readonly ids?: readonly number[]
  readonly external_ids?: readonly string[]
  readonly names?: readonly string[]
  /** Positions in the job, counted from 0. */
  readonly indexes?: readonly number[]
}

/**
 * What goes wrong. The first group meets any request, the second requests that make a job, the
 * third lists and queries.
 */
export type FaultEffect =
  | {
      readonly kind: 'status'
      readonly status?: number
      readonly preset?: StatusPreset
      readonly retryAfter?: number
      readonly headers?: { readonly [name: string]: string }
      readonly responseBody?: Body
    }
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'headers'; readonly headers: { readonly [name: string]: string } }
  | { readonly kind: 'large'; readonly bytes?: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'rows'; readonly rows?: RowSelection; readonly error?: string; readonly details?: string }
  | { readonly kind: 'kill'; readonly applied?: number; readonly as?: 'killed' | 'failed'; readonly message?: string }
  | { readonly kind: 'stuck'; readonly as?: 'queued' | 'working'; readonly applied?: number }
  | { readonly kind: 'short'; readonly child?: string; readonly row?: number }

/** One thing that goes wrong, as data: a fault file holds a list of these. */
export type Fault = FaultMatch & FaultEffect

export type FaultKind = FaultEffect['kind']

/** A fault that has met a request. */
export type Fired = { readonly fault: Fault; readonly request: RequestLog }
