import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { htmlAnswer, largeAnswer, statusAnswer } from '../faults/answers.ts'
import type { Attempt, Faults } from '../faults/faults.ts'
import type { RequestLog } from '../types.ts'
import { readBody, redact, type Exchange, type Service } from './exchange.ts'

type Entry = { -readonly [K in keyof RequestLog]: RequestLog[K] }
type Connection = { incoming: IncomingMessage; outgoing: ServerResponse }

/** Everything the services share. */
export type Shared = { readonly faults: Faults; readonly requests: RequestLog[] }

/** An open port; `url` has no trailing slash. */
export type Listening = { readonly url: string; close(): Promise<void> }

/** So many requests are remembered, so that a sandbox can run for days. */
const keptRequests = 50_000

/** Opens a port (0 = any free) whose requests go through the log and the faults to the service. */
export async function listen(
  open: (url: string) => Service,
  shared: Shared,
  at: { host: string; port: number },
): Promise<Listening> {
  const closing = new AbortController()
  let service: Service | undefined
  const listener = getRequestListener(
    (request, env) => {
      if (service === undefined) return new Response('starting', { status: 503 })
      // This listener serves HTTP/1.1 only, so the bindings are those of node:http.
      return answer(request, env as Connection, service, shared, closing.signal)
    },
    { overrideGlobalObjects: false },
  )
  const server = createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 30_000 }, (incoming, outgoing) => {
    void listener(incoming, outgoing)
  })
  const url = await bind(server, at)
  service = open(url)
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function bind(server: Server, at: { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error(`No port for ${at.host}`)
      resolve(`http://${at.host}:${address.port}`)
    })
  })
}

async function answer(
  request: Request,
  connection: Connection,
  service: Service,
  shared: Shared,
  closing: AbortSignal,
): Promise<Response> {
  const url = new URL(request.url)
  const text = request.method === 'GET' || request.method === 'HEAD' ? '' : await request.text()
  const body = readBody(text, request.headers.get('content-type') ?? '')
  const path = url.pathname.replace(/\.json$/, '')
  const log: Entry = {
    service: service.name,
    method: request.method,
    path,
    query: Object.fromEntries(url.searchParams),
    status: 0,
  }
  if (body !== undefined) log.body = redact(body)
  shared.requests.push(log)
  if (shared.requests.length > keptRequests * 1.2) shared.requests.splice(0, shared.requests.length - keptRequests)

  const attempt: Attempt = { log, target: path + decode(url.search), text, isZendesk: service.kind === 'zendesk' }
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const exchange: Exchange = {
    log,
    query: url.searchParams,
    body,
    text,
    bearer,
    take: (kinds, also) => {
      const due = shared.faults.take(kinds, attempt, also)
      if (due[0] !== undefined) log.fault = due[0].kind
      return due
    },
  }
  const more = exchange.take(['headers'])
  const finish = (response: Response): Response => {
    log.status = response.status
    const headers = new Headers(response.headers)
    for (const fault of more) for (const [name, value] of Object.entries(fault.headers)) headers.set(name, value)
    return more.length === 0 ? response : new Response(response.body, { status: response.status, headers })
  }

  for (const fault of exchange.take(['latency', 'expired', 'status', 'html', 'large', 'reset'])) {
    switch (fault.kind) {
      case 'latency':
        await sleep(fault.ms, undefined, { signal: closing }).catch(() => undefined)
        break
      case 'expired':
        service.revoke(exchange)
        break
      case 'status':
        return finish(statusAnswer(fault, service.kind))
      case 'html':
        return finish(htmlAnswer(fault.status ?? 502))
      case 'large':
        return finish(largeAnswer(fault.bytes ?? 200_000_000))
      case 'reset':
        connection.incoming.socket.resetAndDestroy()
        return RESPONSE_ALREADY_SENT
      default:
        fault satisfies never
    }
  }
  if (Buffer.byteLength(text) > service.maxBodyBytes) return finish(new Response('Payload Too Large', { status: 413 }))

  const response = await service.fetch(request, { exchange })
  const [broken] = exchange.take(['cut', 'lost'])
  if (broken === undefined) return finish(response)
  if (broken.kind === 'lost') connection.outgoing.destroy()
  else await cut(response, connection.outgoing)
  return RESPONSE_ALREADY_SENT
}

/** Sends the head and the first half of the body, then destroys the connection. */
async function cut(response: Response, outgoing: ServerResponse): Promise<void> {
  const bytes = Buffer.from(await response.arrayBuffer())
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    'content-length': Math.max(bytes.length, 2),
  })
  await new Promise<void>((resolve) => {
    outgoing.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => resolve())
  })
  outgoing.destroy()
}

function decode(search: string): string {
  try {
    return decodeURIComponent(search.replaceAll('+', ' '))
  } catch {
    return search
  }
}
