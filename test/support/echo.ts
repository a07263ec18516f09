import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What becomes of a request: it is passed on, refused in words that repeat all of it, or cut. */
export type Answer = 'pass' | 'cut' | { readonly status: number; readonly as: 'zendesk' | 'salesforce' | 'html' }

/** A service behind a server that repeats what it is told, as careless services and proxies do. */
export interface Echo {
  readonly url: string
  /** Every token, client assertion and credential that passed. */
  readonly secrets: Set<string>
  answer: (method: string, path: string) => Answer
  /** How many requests were not passed on. */
  readonly refused: () => number
  close(): Promise<void>
}

/** Puts an echo before the service at `target`, an address without path. */
export async function echoOf(target: string): Promise<Echo> {
  const secrets = new Set<string>()
  let refused = 0
  const server = createServer((request, response) => {
    void (async () => {
      const { method = 'GET', url: path = '/' } = request
      const body = (await buffer(request)).toString('utf8')
      for (const secret of secretsIn(request, body)) secrets.add(secret)
      const answer = echo.answer(method, decodeURIComponent(path))
      if (answer !== 'pass') refused += 1
      if (answer === 'cut') return response.destroy()
      if (answer !== 'pass') {
        const words = `${method} ${path} ${JSON.stringify(request.headers)} ${body}`
        return response
          .writeHead(answer.status, { 'content-type': answer.as === 'html' ? 'text/html' : 'application/json' })
          .end(repeated(answer.as, words, request.headers.authorization ?? ''))
      }
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
      const passed = await fetch(`${target}${path}`, {
        method,
        headers: headers as Record<string, string>, // none of ours comes twice
        ...(body !== '' && { body }),
      })
      const text = (await passed.text()).replaceAll(target, echo.url)
      for (const [, token = ''] of text.matchAll(/"access_token":\s*"([^"]+)"/g)) secrets.add(token)
      const kept = [
        'content-type',
        'retry-after',
        'x-rate-limit',
        'x-rate-limit-remaining',
        'ratelimit-limit',
        'ratelimit-remaining',
      ]
      const found = kept.flatMap((name) => (passed.headers.has(name) ? [[name, passed.headers.get(name) ?? '']] : []))
      return response.writeHead(passed.status, Object.fromEntries(found)).end(text)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const echo: Echo = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server has such an address
    secrets,
    answer: () => 'pass',
    refused: () => refused,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return echo
}

/** Answers requests of a method whose path has `part` in it; all others are passed on. */
export const on =
  (method: string, part: string, answer: Answer) =>
  (asked: string, path: string): Answer =>
    asked === method && path.includes(part) ? answer : 'pass'

/** Only the first time that something else than passing on is due. */
export function once(answer: (method: string, path: string) => Answer): (method: string, path: string) => Answer {
  let due = true
  return (method, path) => {
    const said = due ? answer(method, path) : 'pass'
    if (said !== 'pass') due = false
    return said
  }
}

function secretsIn({ headers }: IncomingMessage, body: string): string[] {
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(' ')
  const basic = scheme === 'Basic' ? [Buffer.from(credentials, 'base64').toString('utf8')] : []
  const assertion = new URLSearchParams(body).get('assertion')
  return [credentials, ...basic, ...(assertion === null ? [] : [assertion])].filter((secret) => secret !== '')
}

/**
 * The error document of a service, with `words` and `authorization` wherever it has room for text.
 */
function repeated(as: 'zendesk' | 'salesforce' | 'html', words: string, authorization: string): string {
  switch (as) {
    case 'html':
      return `<html><body><h1>Refused</h1><pre>${words}</pre></body></html>`
    case 'salesforce':
      return words.includes('/oauth2/token')
        ? JSON.stringify({ error: 'invalid_client', error_description: words })
        : JSON.stringify([{ errorCode: authorization, message: words }])
    case 'zendesk':
      return JSON.stringify({
        error: authorization,
        description: words,
        error_description: words,
        details: { name: [{ description: words, error: authorization }] },
      })
  }
}
