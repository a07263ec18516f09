import { PassThrough } from 'node:stream'
import type { Connection } from 'jsforce/lib/core.js'
import type { Caller, Http, Request } from 'zds'

type Transport = Connection['_transport']
type JsforceRequest = Parameters<Transport['httpRequest']>[0]

/**
 * Puts zds's HTTP layer under an object of jsforce. jsforce's own transport knows no deadline,
 * ignores Retry-After and NO_PROXY, and ends the process when an answer breaks off; none of it is
 * reached once this is in place. A failed request rejects with HttpError.
 */
export function replaceTransport(transport: Transport, send: Http, run: Caller): void {
  transport.httpRequest = (asked) => {
    const answer = send(requestOf(asked), run).then(({ status, headers, text }) => ({
      statusCode: status,
      headers: Object.fromEntries(headers),
      body: text,
    }))
    // jsforce connects streams to every answer, though it takes the body from the promise.
    return Object.assign(answer, { stream: () => new PassThrough() })
  }
}

function requestOf({ method, url, headers, body }: JsforceRequest): Request {
  if (method !== 'GET' && method !== 'POST')
    throw new TypeError(`jsforce is used to ask for tokens and descriptions, not to ${method}`)
  // The only POST asks for a token: asking twice does no harm.
  return {
    method,
    url,
    ...(headers === undefined ? {} : { headers }),
    ...(typeof body === 'string' ? { body } : {}),
    repeatable: true,
  }
}
