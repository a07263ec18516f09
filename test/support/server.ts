import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

type Received = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly at: number
}

/**
 * What a server does with one request: answers, or handles the socket itself (cuts it, keeps it
 * open).
 */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | ((response: ServerResponse, request: IncomingMessage) => void | Promise<void>)

export type TestServer = {
  readonly url: string
  readonly received: Received[]
  /** The largest number of requests that were open at one time. */
  readonly most: () => number
}

export const ok = (body: unknown = { ok: true }): Reply => ({ status: 200, body })
/** Takes the request and closes the connection without an answer. */
export const cut: Reply = (response) => void response.destroy()
/** Never answers. */
export const silence: Reply = () => undefined

/**
 * A real HTTP server that gives these replies in turn, the last one again and again. It is closed
 * when the test ends.
 */
export async function serverOf(...replies: Reply[]): Promise<TestServer> {
  const received: Received[] = []
  let open = 0
  let most = 0
  const server = createServer((request, response) => {
    open += 1
    most = Math.max(most, open)
    response.once('close', () => (open -= 1))
    // The clocks of tests stand elsewhere: only a test of clocks that differ says what the date is.
    response.sendDate = false
    void (async () => {
      const body = (await buffer(request)).toString('utf8')
      received.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        at: performance.now(),
      })
      const reply = replies[Math.min(received.length, replies.length) - 1] ?? ok()
      if (typeof reply === 'function') return reply(response, request)
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
      response
        .writeHead(reply.status, {
          'content-type': typeof reply.body === 'string' ? 'text/html' : 'application/json',
          ...reply.headers,
        })
        .end(text)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, most: () => most } // a TCP server has such an address
}

/** An address of this machine where nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server has such an address
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
