import { messageOf } from '../errors.ts'
import { parseJson } from '../json.ts'
import { redact } from '../secrets.ts'
import { HttpError } from './error.ts'
import type { HttpPolicy } from './policy.ts'
import { refused } from './refusal.ts'
import { laneOf, type Answer, type Caller, type HttpOptions, type Request } from './request.ts'

/** Network failures before a single byte was sent. */
const NEVER_SENT = new Set<string | undefined>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

/** Sends a request once and reads the answer. Throws HttpError for every answer that is no success. */
export async function exchange(request: Request, options: HttpOptions, run: Caller): Promise<Answer> {
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
    return new HttpError(
      'HTTP_UNREADABLE',
      `${at}: the answer broke off`,
      { status: response.status, arrived: 'maybe' },
      { cause },
    )
  }
  const arrived = NEVER_SENT.has(networkCode(cause)) ? 'no' : 'maybe'
  const why =
    cause instanceof Error && cause.name === 'TimeoutError'
      ? `no answer in ${policy.timeoutMs / 1000} s`
      : network(cause)
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
