import { describe, expect, it, onTestFinished } from 'vitest'
import {
  followWaits,
  http,
  isObject,
  limiter,
  type Answer,
  type HttpOptions,
  type Request,
  type WaitMessage,
} from 'zds'
import { rate } from '../../support/rate.ts'
import { cut, deadUrl, ok, serverOf, silence, type Reply, type TestServer } from '../../support/server.ts'
import { testRun, type TestRun } from 'zds/testing'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }

function ask(
  server: TestServer,
  run: TestRun,
  more: Partial<Request> = {},
  own: Partial<typeof policy> = {},
  options: Partial<HttpOptions> = {},
): Promise<Answer> {
  return http({ service: 'global', policy: { ...policy, ...own }, ...options })(
    { method: 'GET', url: `${server.url}/api/v2/users`, ...more },
    run,
  )
}
const post = { method: 'POST', body: '{}' } as const

describe('what is tried again', () => {
  it.each([408, 420, 425, 429, 500, 502, 503, 504, 520, 522, 524])('status %i: once more succeeds', async (status) => {
    const server = await serverOf({ status, body: { error: 'x' } }, ok({ users: [] }))
    const run = testRun()
    expect((await ask(server, run)).body).toEqual({ users: [] })
    expect(server.received).toHaveLength(2)
    const wait = status === 429 ? '60' : '\\d+\\.\\d'
    expect(run.told).toEqual([
      expect.stringMatching(new RegExp(`^global: status ${status}, trying again in ${wait} s$`)) as string,
    ])
  })

  it.each([400, 401, 403, 404, 409, 410, 413, 422])('status %i: no', async (status) => {
    const server = await serverOf({ status, body: { error: 'x' } }, ok())
    await expect(ask(server, testRun())).rejects.toMatchObject({
      status,
      code: status === 401 || status === 403 ? 'AUTH_FAILED' : 'HTTP_REFUSED',
    })
    expect(server.received).toHaveLength(1)
  })

  it.each<[string, Reply]>([
    ['a connection that is cut', cut],
    [
      'a body that breaks off',
      (response) =>
        void response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
          .write('{"users":[', () => response.destroy()),
    ],
    ['HTML with status 200', { status: 200, body: '<html>sign in</html>' }],
    ['JSON that is none', { status: 200, headers: { 'content-type': 'application/json' }, body: '{"users":' }],
  ])('%s: yes', async (_what, reply) => {
    const server = await serverOf(reply, ok({ users: [] }))
    expect((await ask(server, testRun())).body).toEqual({ users: [] })
    expect(server.received).toHaveLength(2)
  })

  it('what cannot be read is told as that: its status is none to wonder at', async () => {
    const run = testRun()
    await ask(await serverOf({ status: 200, body: '<html>back soon</html>' }, ok()), run)
    expect(run.told).toEqual([
      expect.stringMatching(/^global: an answer that cannot be read, trying again in/) as string,
    ])
  })

  it('an error that the service words as one that passes: yes, whatever its status', async () => {
    const passing = (says: string): Reply => ({ status: 400, body: { says } })
    const server = await serverOf(passing('locked'), passing('wrong'), ok())
    const send = http({
      service: 'global',
      policy,
      verdict: ({ body }) => (isObject(body) && body['says'] === 'locked' ? 'passing' : undefined),
    })
    await expect(send({ method: 'GET', url: server.url }, testRun())).rejects.toMatchObject({
      status: 400,
      body: { says: 'wrong' },
    })
    expect(server.received).toHaveLength(2)
  })

  it('no answer in time: yes', async () => {
    const server = await serverOf(silence, ok())
    expect((await ask(server, testRun(), {}, { timeoutMs: 150 })).status).toBe(200)
    expect(server.received).toHaveLength(2)
  })

  it('and a person who waits is told why, and for how long', async () => {
    const run = testRun()
    const heard: WaitMessage[] = []
    onTestFinished(followWaits((message) => void heard.push(message)))
    const later = (after: string): Reply => ({ status: 503, headers: { 'retry-after': after }, body: {} })
    await ask(await serverOf(later('27'), later('60'), later('300'), cut, ok()), run, {}, { attempts: 5 })
    expect(run.told.slice(0, 3)).toEqual([
      'global: status 503, trying again in 27.0 s',
      'global: status 503, trying again in 60 s',
      'global: status 503, trying again in 5 minutes',
    ])
    expect(run.told[3]).toMatch(/^global: no answer, trying again in \d\.\d s$/)
    expect(heard.map(({ ms }) => ms)).toEqual(run.clock.pauses)
    expect(heard[0]).toEqual({ service: 'global', ms: 27_000, because: 'retry', status: 503 })
  })

  it('at most as often as the policy says, and the last error is told', async () => {
    for (const attempts of [1, 3]) {
      const server = await serverOf({ status: 503, body: {} })
      const run = testRun()
      await expect(ask(server, run, {}, { attempts })).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE', status: 503 })
      expect(server.received).toHaveLength(attempts)
      expect(run.clock.pauses).toHaveLength(attempts - 1)
    }
  })
})

describe('a POST is not sent twice when it may have arrived (SAFE-05)', () => {
  it.each<[string, Reply, number]>([
    ['a connection that is cut', cut, 0],
    ['500', { status: 500, body: {} }, 500],
    ['502 in HTML', { status: 502, body: '<html>' }, 502],
    ['504', { status: 504, body: {} }, 504],
    ['HTML with status 200', { status: 200, body: '<html>' }, 200],
  ])('after %s', async (_what, reply, status) => {
    const server = await serverOf(reply, ok())
    await expect(ask(server, testRun(), post)).rejects.toMatchObject({ status, arrived: 'maybe' })
    expect(server.received).toHaveLength(1)
  })

  it.each([500, 502, 504, 408, 520])('nor after %i with Retry-After: it may have been carried out', async (status) => {
    const server = await serverOf({ status, headers: { 'retry-after': '1' }, body: {} }, ok())
    await expect(ask(server, testRun(), post)).rejects.toMatchObject({ status, arrived: 'maybe' })
    expect(server.received).toHaveLength(1)
  })

  it('nor after a 5xx that names a window of its rate limit, as all answers do', async () => {
    const server = await serverOf({ status: 500, headers: { 'x-reset': '13' }, body: {} }, ok())
    await expect(
      ask(server, testRun(), post, {}, { limiter: limiter({ service: 'global', rate }) }),
    ).rejects.toMatchObject({ status: 500, arrived: 'maybe', retryMs: undefined })
    expect(server.received).toHaveLength(1)
  })

  it('nor after a timeout', async () => {
    const server = await serverOf(silence, ok())
    await expect(ask(server, testRun(), post, { timeoutMs: 150 })).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      arrived: 'maybe',
      message: 'global: POST /api/v2/users: no answer in 0.15 s',
    })
    expect(server.received).toHaveLength(1)
  })

  it.each<[string, Reply]>([
    ['429', { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '5' }, body: {} }],
  ])('but is after %s: the service did not act on it', async (_what, reply) => {
    const server = await serverOf(reply, ok())
    expect((await ask(server, testRun(), post)).status).toBe(200)
    expect(server.received.map(({ method, body }) => [method, body])).toEqual([
      ['POST', '{}'],
      ['POST', '{}'],
    ])
  })

  it('but is when nobody listens there: nothing was sent', async () => {
    const server = await serverOf()
    const run = testRun()
    const nobody = { ...server, url: await deadUrl() }
    await expect(ask(nobody, run, post)).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      arrived: 'no',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    expect(run.clock.pauses).toHaveLength(2)
  })

  it('but is where the service tells by other means that it did not act on it', async () => {
    const server = await serverOf({ status: 409, body: { error: 'collision' } }, ok())
    const own: Partial<HttpOptions> = {
      verdict: ({ status }) => (status === 409 ? 'passing' : undefined),
      untouched: ({ body }) => isObject(body) && body['error'] === 'collision',
    }
    expect((await ask(server, testRun(), post, {}, own)).status).toBe(200)
    const other = await serverOf({ status: 409, body: { error: 'taken' } }, ok())
    await expect(ask(other, testRun(), post, {}, own)).rejects.toMatchObject({ status: 409, arrived: 'maybe' })
    expect([server.received.length, other.received.length]).toEqual([2, 1])
  })

  it.each(['POST', 'PATCH'] as const)('but a %s with an idempotency key is', async (method) => {
    const keyed = { method, body: '{}', headers: { 'idempotency-key': 'k1' } }
    const server = await serverOf({ status: 500, body: {} }, cut, ok())
    expect((await ask(server, testRun(), keyed)).status).toBe(200)
    expect(server.received.map(({ method, headers }) => [method, headers['idempotency-key']])).toEqual(
      Array.from({ length: 3 }, () => [method, 'k1']),
    )
    const bare = await serverOf({ status: 500, body: {} }, ok())
    await expect(ask(bare, testRun(), { method, body: '{}', headers: { 'x-key': 'k1' } })).rejects.toMatchObject({
      status: 500,
    })
    expect(bare.received).toHaveLength(1)
  })

  it('and a POST that may be repeated is, a PUT that may not is not', async () => {
    const again = await serverOf({ status: 500, body: {} }, ok())
    expect((await ask(again, testRun(), { ...post, repeatable: true })).status).toBe(200)
    const once = await serverOf({ status: 500, body: {} }, ok())
    await expect(ask(once, testRun(), { method: 'PUT', body: '{}', repeatable: false })).rejects.toMatchObject({
      status: 500,
    })
    expect([again.received.length, once.received.length]).toEqual([2, 1])
  })
})

describe('how long is waited (GEN-11)', () => {
  async function pauses(...replies: Reply[]): Promise<number[]> {
    const run = testRun() // its clock stands at 10:00:00
    await ask(await serverOf(...replies, ok()), run, {}, { attempts: replies.length + 1 })
    return run.clock.pauses
  }
  const refused = (status: number, headers: Record<string, string> = {}): Reply => ({ status, headers, body: {} })

  it.each([429, 503])('%i: as many seconds as Retry-After says', async (status) => {
    expect(await pauses(refused(status, { 'retry-after': '27' }))).toEqual([27_000])
    expect(await pauses(refused(status, { 'retry-after': '0' }))).toEqual([0])
    expect(await pauses(refused(status, { 'retry-after': '1.25' }))).toEqual([1250])
    expect(await pauses(refused(status, { 'retry-after': '600' }))).toEqual([600_000])
  })

  it('no shorter than without a header, from the second time on: a service that says "at once" is given time', async () => {
    const atOnce = refused(429, { 'retry-after': '0' })
    const [first, second = 0, third = 0] = await pauses(atOnce, atOnce, refused(503, { 'retry-after': '60' }))
    expect([first, third]).toEqual([0, 60_000])
    expect(second).toBeGreaterThanOrEqual(1000)
    expect(second).toBeLessThanOrEqual(2000)
  })

  it('until the date that Retry-After names, and not at all where it is past', async () => {
    expect(await pauses(refused(429, { 'retry-after': 'Mon, 16 Mar 2026 10:00:42 GMT' }))).toEqual([42_000])
    expect(await pauses(refused(503, { 'retry-after': 'Mon, 16 Mar 2026 09:00:00 GMT' }))).toEqual([0])
    expect(await pauses(refused(503, { 'retry-after': '16 Mar 2026 10:00:42 GMT' }))).toEqual([42_000])
  })

  it.each(['', '-5', 'in 5', '27 s', 'soon', 'tomorrow, GMT'])('%j after Retry-After says nothing', async (text) => {
    const [waited = 0] = await pauses(refused(503, { 'retry-after': text }))
    expect(waited).toBeGreaterThanOrEqual(500)
    expect(waited).toBeLessThanOrEqual(1000)
    const server = await serverOf(refused(503, { 'retry-after': text }), ok())
    await expect(ask(server, testRun(), post)).rejects.toMatchObject({ arrived: 'maybe' })
  })

  it.each(['1773655242', '1773655242000'])('until the moment %s, which is one since 1970', async (text) => {
    expect(await pauses(refused(429, { 'retry-after': text }))).toEqual([42_000])
    for (const past of ['1700000000', '1000000000', '100000000000'])
      expect(await pauses(refused(429, { 'retry-after': past }))).toEqual([0])
  })

  it('429 without Retry-After: until the window ends that the headers name', async () => {
    const run = testRun()
    const server = await serverOf(refused(429, { 'x-reset': '13' }), ok())
    await ask(server, run, {}, {}, { limiter: limiter({ service: 'global', rate }) })
    expect(run.clock.pauses[0]).toBe(13_000)
  })

  it('a plain 5xx: twice as long each time, with jitter of at most half', async () => {
    const waited = await pauses(...Array.from({ length: 4 }, () => refused(502)))
    expect(waited).toHaveLength(4)
    for (const [index, ms] of waited.entries()) {
      expect(ms).toBeGreaterThanOrEqual(500 * 2 ** index)
      expect(ms).toBeLessThanOrEqual(1000 * 2 ** index)
    }
  })

  it('429 without any header: a minute each time, less only where the policy begins with less', async () => {
    expect(await pauses(refused(429), refused(429))).toEqual([60_000, 60_000])
    for (const [baseDelayMs, wait] of [
      [5, 300],
      [2000, 60_000],
    ] as const) {
      const run = testRun()
      await ask(await serverOf(refused(429), ok()), run, {}, { baseDelayMs })
      expect(run.clock.pauses).toEqual([wait])
    }
  })

  it('the jitter spreads, and no wait grows beyond a minute', async () => {
    const waited = await pauses(...Array.from({ length: 12 }, () => refused(500)))
    expect(Math.max(...waited)).toBeLessThanOrEqual(60_000)
    expect(Math.min(...waited.slice(7))).toBeGreaterThanOrEqual(30_000)
    expect(new Set(waited).size).toBe(waited.length)
  })

  it.each([
    ['601', '11 minutes'],
    ['7200', '2 hours'],
    ['99999999999999999999', '1000 hours'],
    ['Tue, 17 Mar 2026 10:00:00 GMT', '24 hours'],
  ])('a service that wants more than ten minutes (%s) is down for this run, by name', async (after, span) => {
    const server = await serverOf(refused(429, { 'retry-after': after }), ok())
    const run = testRun()
    await expect(ask(server, run)).rejects.toMatchObject({
      status: 429,
      code: 'HTTP_UNAVAILABLE',
      message: `global: GET /api/v2/users answered 429, and asks to wait ${span}`,
      hint: `zds waits at most 10 minutes: run it again in ${span}.`,
    })
    expect([server.received.length, run.clock.pauses.length]).toEqual([1, 0])
  })
})
