import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:https'
import { connect, type AddressInfo, type Server } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificate.ts'

/** The port of a server that listens until the test ends. */
async function open(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port // a TCP server has such an address
}

/**
 * A server that speaks TLS with this certificate and answers `{}`; every request is in `received`.
 */
export async function secureServer({ key, cert }: Certificate): Promise<{ port: number; received: string[] }> {
  const received: string[] = []
  const server = createServer({ key, cert }, (request, response) => {
    received.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{}')
  })
  return { port: await open(server), received }
}

export type Proxy = { readonly url: string; readonly asked: string[]; readonly credentials: (string | undefined)[] }

/**
 * A proxy that leads every host to this machine, or refuses them with `status`. Whom it was asked
 * for is in `asked`.
 */
export async function proxyTo(status?: number): Promise<Proxy> {
  const asked: string[] = []
  const credentials: (string | undefined)[] = []
  const server = createHttp((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(200).end()
  })
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    credentials.push(request.headers['proxy-authorization'])
    socket.on('error', () => undefined)
    if (status !== undefined) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const beyond = connect(Number((request.url ?? '').split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      beyond.pipe(socket).pipe(beyond)
    })
    beyond.on('error', () => socket.destroy())
    return socket
  })
  return { url: `http://127.0.0.1:${await open(server)}`, asked, credentials }
}
