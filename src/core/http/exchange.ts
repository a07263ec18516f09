import { ZdsError } from '../errors.ts'
import { requestChannel, routeOf } from '../channels.ts'
import { parseJson, type Json } from '../json.ts'
import { boundedText, isSound } from './body.ts'
import { HttpError } from './error.ts'
import { networkTrouble } from './network.ts'
import { MOST_BYTES } from './policy.ts'
import { useProxy } from './proxy.ts'
import { refusalError, withoutHost } from './refusal.ts'
import { heedDate } from './time.ts'
import { BETWEEN } from './url.ts'
import { laneOf, type Answer, type Caller, type HttpOptions, type Request } from './request.ts'

/**
 * Sends a request once and reads the answer. Throws HttpError for every answer that is no success.
 */
export function exchange(request: Request, options: HttpOptions, run: Caller): Promise<Answer> {
  const message = { service: options.service, method: request.method, route: routeOf(request.url) }
  return requestChannel.tracePromise(() => exchanged(request, options, run), message)
}

async function exchanged(request: Request, options: HttpOptions, run: Caller): Promise<Answer> {
  const { service, policy, limiter } = options
  const { timeoutMs, mostBytes = MOST_BYTES } = policy
  const reads = request.method === 'GET'
  const at = `${service}: ${request.method} ${new URL(request.url).pathname}`
  useProxy()
  const sendable = headersOf(request, service)
  let response: Response | undefined
  let text: string | undefined
  try {
    response = await fetch(request.url, {
      method: request.method,
      headers: sendable,
      body: request.body ?? null,
      redirect: 'manual',
      signal: AbortSignal.any([run.signal, AbortSignal.timeout(timeoutMs)]),
    })
    heedDate(service, response.headers, run.clock.now(), run.clock)
    text = await boundedText(response, mostBytes)
  } catch (cause) {
    if (response !== undefined)
      throw unreadable(`${at}: the answer broke off`, response, { passing: true, reads, cause })
    const { words, hint, passing, arrived } = networkTrouble(cause, { url: request.url, timeoutMs })
    const message = `${at}: ${withoutHost(words, request.url)}`
    throw new HttpError('HTTP_UNAVAILABLE', message, { status: 0, arrived, passing, reads }, { cause, hint })
  }
  const { status, headers, ok } = response
  const now = run.clock.now()
  const rate = limiter?.heed(headers, now, laneOf(request))
  if (text === undefined) {
    const hint = 'If the service really gives that much, raise ZDS_HTTP_MOST_BYTES.'
    throw unreadable(`${at} answered ${status} with more than ${mostBytes / 1_000_000} MB`, response, { reads, hint })
  }
  const isJson = (headers.get('content-type') ?? '').includes('json')
  const body = isJson ? parseJson(text) : undefined
  if (!ok) throw refusalError(at, { status, headers, body: body ?? null }, { request, rate, now }, options)
  assertReadable(at, request, response, body)
  return { status, headers, body: body ?? null, text }
}

/** Only what was copied with more than there is cannot be sent: no network is to blame, and no other try helps. */
function headersOf({ headers }: Request, service: string): Headers {
  try {
    return new Headers(headers)
  } catch {
    // What it quotes is the secret.
    throw new ZdsError('AUTH_FAILED', `${service}: the credentials hold a line end, or a letter that cannot be sent`, {
      hint: 'Copy them once more, without what stands around them.',
    })
  }
}

function assertReadable(at: string, request: Request, response: Response, body: Json | undefined): void {
  const { accept = 'json', method } = request
  if (accept !== 'json') return
  const reads = method === 'GET'
  const what = `${at} answered ${response.status} with`
  if (body === undefined && response.status !== 204)
    throw unreadable(`${what} something that is not JSON`, response, { passing: true, reads, hint: BETWEEN })
  if (!isSound(body ?? null))
    throw unreadable(`${what} JSON that cannot be used: nested too deep, or a number too large`, response, { reads })
}

function unreadable(
  message: string,
  { status }: Response,
  { reads, passing = false, ...more }: { reads: boolean; passing?: boolean; cause?: unknown; hint?: string },
): HttpError {
  return new HttpError('HTTP_UNREADABLE', message, { status, arrived: 'maybe', reads, passing }, more)
}
