import { gzipSync } from 'node:zlib'
import type { Json } from '../types.ts'
import type { Fault, StatusPreset } from './types.ts'

type Answer = { status: number; headers: { [name: string]: string }; body: string }
type ServiceKind = 'salesforce' | 'zendesk' | 'slack'
type StatusFault = Extract<Fault, { kind: 'status' }>

/** What a `status` fault answers: the preset, then whatever the fault says itself. */
export function statusAnswer(fault: StatusFault, service: ServiceKind): Response {
  const base =
    fault.preset === undefined ? plain(fault.status ?? 500, service) : preset(fault.preset, fault.retryAfter ?? 1)
  const status = fault.status ?? base.status
  const headers = new Headers(base.headers)
  if (fault.retryAfter !== undefined) headers.set('retry-after', String(fault.retryAfter))
  for (const [name, value] of Object.entries(fault.headers ?? {})) headers.set(name, value)
  if (fault.responseBody === undefined) return new Response(base.body, { status, headers })
  if (typeof fault.responseBody === 'string') return new Response(fault.responseBody, { status, headers })
  headers.set('content-type', 'application/json')
  return new Response(JSON.stringify(fault.responseBody), { status, headers })
}

/** An HTML page such as a proxy gives, also with status 200. */
export function htmlAnswer(status: number): Response {
  return new Response(page(status === 200 ? 'Please wait' : `${status} Service is temporarily unavailable`), {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  })
}

const page = (title: string): string =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><p>cloudflare</p></body></html>\n`

/** JSON of so many bytes that travels packed: a hundred times smaller. */
export function largeAnswer(bytes: number): Response {
  const body = gzipSync(`[${'0,'.repeat(Math.ceil(bytes / 2))}0]`)
  return new Response(body, { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } })
}

const concurrent = 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'

const json = (status: number, body: Json, headers: { [name: string]: string } = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
})

function preset(name: StatusPreset, seconds: number): Answer {
  const wait = { 'retry-after': String(seconds) }
  const tooMany = 'Number of allowed API requests per minute exceeded'
  switch (name) {
    case 'rate-limit':
      return json(429, { error: 'APIRateLimitExceeded', description: tooMany }, wait)
    case 'rate-limit-no-header':
      return json(429, { error: 'APIRateLimitExceeded', description: tooMany })
    case 'rate-limit-text':
      return { status: 429, headers: { 'content-type': 'text/plain; charset=utf-8', ...wait }, body: tooMany }
    case 'rate-limit-html':
      return {
        status: 429,
        headers: { 'content-type': 'text/html; charset=utf-8', ...wait },
        body: page('429 Too Many Requests'),
      }
    case 'edge':
      return json(429, {
        detail: 'Rate limited by Zendesk edge protection',
        status: '429',
        title: 'Automated response',
      })
    case 'conflict':
      return json(409, { error: 'DatabaseConflict', description: 'Database collision' })
    case 'deadlock':
      return json(
        503,
        { error: 'DatabaseDeadlock', description: 'Database deadlock found; please retry your transaction' },
        wait,
      )
    case 'unavailable':
      return {
        status: 503,
        headers: { 'content-type': 'text/html; charset=utf-8', ...wait },
        body: page('503 Service Unavailable'),
      }
    case 'daily-limit':
      return json(403, [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }])
    case 'concurrent-limit':
      return json(403, [{ message: concurrent, errorCode: 'REQUEST_LIMIT_EXCEEDED' }])
    case 'api-disabled':
      return json(403, [
        { message: 'The REST API is not enabled for this Organization.', errorCode: 'API_DISABLED_FOR_ORG' },
      ])
    case 'login-retry':
      return json(400, { error: 'unknown_error', error_description: 'retry your request' })
    case 'login-rate':
      return json(400, { error: 'invalid_grant', error_description: 'login rate exceeded' })
    case 'invalid-record':
      return json(422, {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { base: [{ description: 'Name: is too long (maximum is 255 characters)', error: 'TooLong' }] },
      })
    case 'redirect':
      return json(301, {}, { location: 'https://moved.example/' })
  }
}

/** The JSON error body that a service gives with this status. */
function plain(status: number, service: ServiceKind): Answer {
  if (service === 'slack') return json(status, { ok: false, error: status === 429 ? 'ratelimited' : 'internal_error' })
  if (service === 'zendesk') {
    const known = zendeskErrors[status]
    return json(status, known ?? { status, error: 'Internal Server Error' })
  }
  const [errorCode, message] = salesforceErrors[status] ?? ['UNKNOWN_EXCEPTION', 'An unexpected error occurred.']
  return json(status, [{ message, errorCode }])
}

const zendeskErrors: { readonly [status: number]: Json } = {
  401: { error: "Couldn't authenticate you" },
  403: {
    error: {
      title: 'Forbidden',
      message: 'You do not have access to this page. Please contact the account owner of this help desk.',
    },
  },
  404: { error: 'RecordNotFound', description: 'Not found' },
  409: { error: 'DatabaseConflict', description: 'Database collision' },
  422: {
    error: 'RecordInvalid',
    description: 'Record validation errors',
    details: { base: [{ description: 'is invalid', error: 'InvalidValue' }] },
  },
  429: { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' },
  503: { error: 'ServiceUnavailable', description: 'The service is temporarily unavailable' },
}

const salesforceErrors: { readonly [status: number]: readonly [string, string] } = {
  400: ['MALFORMED_QUERY', 'unexpected token'],
  401: ['INVALID_SESSION_ID', 'Session expired or invalid'],
  403: ['REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'],
  404: ['NOT_FOUND', 'The requested resource does not exist'],
  503: ['SERVER_UNAVAILABLE', 'The server is temporarily unavailable'],
}
