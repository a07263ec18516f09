import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { lastLook } from '../../../src/core/http/last-look.ts'
import { serverOf } from '../../support/server.ts'

let lookAway = (): void => undefined
afterEach(() => lookAway())

const lost = new Error('the lock is gone')

describe('SAFE-16: the last look before a request leaves', () => {
  it('keeps what writes from leaving that was begun while the locks were still there', async () => {
    const { url, received } = await serverOf()
    let held = true
    lookAway = lastLook([`${url}/api`], () => {
      if (!held) throw lost
    })
    expect((await fetch(`${url}/a`, { method: 'POST', body: 'first' })).status).toBe(200)
    const late = [
      fetch(`${url}/b`, { method: 'POST', body: 'second' }),
      fetch(`${url}/c`, { method: 'PUT', body: 'x' }),
    ]
    held = false
    const ends = await Promise.allSettled([...late, fetch(`${url}/d`)])
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
    expect(ends[0]).toMatchObject({ reason: { cause: lost } })
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /a', 'GET /d'])
  })

  it('not a byte of it leaves', async () => {
    const bytes: Buffer[] = []
    const server = createServer((socket) =>
      socket.on('data', (part) => void bytes.push(part)).on('error', () => undefined),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server has such an address
    lookAway = lastLook([url], () => {
      throw lost
    })
    await expect(fetch(url, { method: 'POST', body: 'x' })).rejects.toMatchObject({ cause: lost })
    await wait(20)
    expect(Buffer.concat(bytes).toString()).toBe('')
  })

  it('lets pass whole what may leave, large or small, and what goes elsewhere', async () => {
    const [here, there] = [await serverOf(), await serverOf()]
    lookAway = lastLook([here.url, 'no address'], () => undefined)
    const large = '€'.repeat(1_000_000)
    for (const body of ['', 'small', large]) await fetch(here.url, { method: 'PUT', body })
    expect(here.received.map(({ body }) => body.length)).toEqual([0, 5, 1_000_000])
    lookAway()
    lookAway = lastLook([here.url], () => {
      throw lost
    })
    expect((await fetch(there.url, { method: 'POST', body: 'elsewhere' })).status).toBe(200)
  })

  it('ends when it is told to', async () => {
    const { url } = await serverOf()
    lastLook([url], () => {
      throw lost
    })()
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(200)
  })
})
