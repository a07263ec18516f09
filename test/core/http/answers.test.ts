import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { http, HttpError } from 'zds'
import { ok, serverOf, type Reply } from '../../support/server.ts'
import { testRun } from 'zds/testing'

const policy = { timeoutMs: 25_000, attempts: 3, baseDelayMs: 1000 }

async function read(reply: Reply, mostBytes?: number) {
  const server = await serverOf(reply, ok())
  const own = { ...policy, ...(mostBytes !== undefined && { mostBytes }) }
  const answer = http({ service: 'global', policy: own })({ method: 'GET', url: `${server.url}/users` }, testRun())
  return { server, end: await answer.catch((error: unknown) => error) }
}
const says = (body: string): Reply => ({ status: 200, headers: { 'content-type': 'application/json' }, body })

describe('the size of an answer', () => {
  it.each([
    ['as it is', (text: string) => ({ headers: {}, body: Buffer.from(text) })],
    ['unpacked', (text: string) => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(text) })],
  ])('is bounded %s: not a byte more is read into memory than may be', async (_how, pack) => {
    const reply =
      (bytes: number): Reply =>
      (response) => {
        const { headers, body } = pack(JSON.stringify('x'.repeat(bytes - 2)))
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)
      }
    expect((await read(reply(1_000_000), 1_000_000)).end).toMatchObject({ status: 200 })
    const { end, server } = await read(reply(1_000_001), 1_000_000)
    expect(end).toBeInstanceOf(HttpError)
    expect(end).toMatchObject({
      code: 'HTTP_UNREADABLE',
      status: 200,
      arrived: 'maybe',
      message: 'global: GET /users answered 200 with more than 1 MB',
      hint: expect.stringContaining('ZDS_HTTP_MOST_BYTES') as string,
    })
    expect(server.received).toHaveLength(1)
  })

  it('is 100 MB at most where nobody says otherwise, and a small bomb that unpacks to more is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(110_000_000))
    const before = process.memoryUsage.rss()
    const { end } = await read((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(end).toMatchObject({ message: 'global: GET /users answered 200 with more than 100 MB' })
    expect(process.memoryUsage.rss() - before).toBeLessThan(600_000_000)
  })

  it('of a refusal is bounded too', async () => {
    const { end } = await read({ status: 422, body: { description: 'x'.repeat(2000) } }, 1000)
    expect(end).toMatchObject({ code: 'HTTP_UNREADABLE', status: 422 })
  })

  it('keeps characters whole that come in two pieces', async () => {
    const bytes = Buffer.from('{"name":"Björn ✓"}')
    const { end } = await read((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(bytes.subarray(0, 11))
      setTimeout(() => response.end(bytes.subarray(11)), 20)
    })
    expect(end).toMatchObject({ body: { name: 'Björn ✓' } })
  })
})

describe('JSON that would do harm', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  it.each([
    ['1e400', '{"organizations":[{"id":1,"seats":1e400}]}'],
    ['-1e999', '-1e999'],
    ['a list in a list, 101 times', nested(101)],
    ['a list in a list, a million times', nested(1_000_000)],
    ['an object in an object, 101 times', `${'{"a":'.repeat(101)}1${'}'.repeat(101)}`],
  ])('%s is refused, not read as null, and not asked for again', async (_what, text) => {
    const { end, server } = await read(says(text))
    expect(end).toMatchObject({
      code: 'HTTP_UNREADABLE',
      message: 'global: GET /users answered 200 with JSON that cannot be used: nested too deep, or a number too large',
    })
    expect(server.received).toHaveLength(1)
  })

  it.each(['{"seats":NaN}', '{"seats":Infinity}', '{"seats":-NaN}'])('%s is no JSON', async (text) => {
    const { end } = await read(says(text))
    expect(end).toMatchObject({ status: 200, body: { ok: true } })
  })

  it.each([nested(100), '{"seats":1e308,"none":null}'])(
    'what is deep and large within reason is read',
    async (text) => {
      expect((await read(says(text))).end).toMatchObject({ body: JSON.parse(text) as unknown })
    },
  )
})
