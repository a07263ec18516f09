import type { Fault, FaultKind } from '../faults/types.ts'
import type { Json, RequestLog } from '../types.ts'

/**
 * A request on its way through a service: what it carries and which faults its handler must play.
 */
export type Exchange = {
  readonly log: RequestLog
  readonly query: URLSearchParams
  /** The JSON or form body; undefined when there is none or it cannot be read. */
  readonly body: Json | undefined
  readonly text: string
  readonly bearer: string | undefined
  /** Faults of these kinds whose turn it is; asking counts the request for them. */
  take<K extends FaultKind>(kinds: readonly K[], also?: (fault: Fault) => boolean): Extract<Fault, { kind: K }>[]
}

/** The environment of every hono app here: the exchange instead of the raw connection. */
export type Env = { Bindings: { exchange: Exchange } }

/** A service that can be listened to. */
export type Service = {
  readonly name: string
  readonly kind: 'salesforce' | 'zendesk' | 'slack'
  readonly maxBodyBytes: number
  fetch(request: Request, env: Env['Bindings']): Response | Promise<Response>
  /** Makes the token of this request invalid. */
  revoke(exchange: Exchange): void
}

/**
 * The body as data: JSON, or a form as an object of strings; a content type that is neither is not
 * read.
 */
export function readBody(text: string, contentType: string): Json | undefined {
  if (text === '') return undefined
  if (contentType.includes('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text))
  if (!contentType.includes('json')) return undefined
  try {
    // JSON.parse gives nothing but JSON.
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const secretKeys = /^(client_secret|assertion|password|token|access_token|refresh_token)$/

/** The same data with secrets replaced by `***`, for the request log. */
export function redact(value: Json): Json {
  if (Array.isArray(value)) return value.map(redact)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, secretKeys.test(key) ? '***' : redact(item)]),
  )
}
