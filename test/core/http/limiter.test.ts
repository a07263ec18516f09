import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { followWaits, http, limiter, systemClock, type Caller, type Http, type Limiter, type WaitMessage } from 'zds'
import { rate } from '../../support/rate.ts'
import { ok, serverOf, type Reply, type TestServer } from '../../support/server.ts'
import { testRun } from 'zds/testing'

const policy = { timeoutMs: 5000, attempts: 4, baseDelayMs: 1000 }
const sender = (shared: Limiter): Http => http({ service: 'global', policy, limiter: shared })
const all = (count: number, send: Http, { url }: TestServer, run: Caller) =>
  Promise.all(Array.from({ length: count }, (_, index) => send({ method: 'GET', url: `${url}/${index}` }, run)))

/** Answers after a moment, so that requests meet. */
const slow =
  (ms: number, headers: Record<string, string> = {}): Reply =>
  async (response) => {
    await wait(ms)
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end('{}')
  }

/** A run on a clock that stands still until it is released; then all pauses are over. */
function stopped(): { readonly run: Caller; readonly pauses: number[]; readonly release: () => void } {
  const { promise: over, resolve: release } = Promise.withResolvers<undefined>()
  const run = testRun()
  const pauses: number[] = []
  let passed = 0
  const clock = {
    today: run.clock.today,
    now: () => new Date(run.clock.now().getTime() + passed),
    sleep: async (ms: number) => {
      pauses.push(ms)
      await over
      passed = Math.max(passed, ms)
    },
  }
  return { run: { ...run, clock }, pauses, release: () => release(undefined) }
}

describe('a limiter', () => {
  it.each([1, 3])('lets at most %i requests be open at a time, and loses none', async (concurrency) => {
    const server = await serverOf(slow(20))
    const answers = await all(
      10,
      sender(limiter({ service: 'global', concurrency: concurrency, rate })),
      server,
      testRun(),
    )
    expect(answers).toHaveLength(10)
    expect(server.most()).toBe(concurrency)
    expect(new Set(server.received.map(({ path }) => path)).size).toBe(10)
  })

  it('is shared by everything that speaks to the instance', async () => {
    const server = await serverOf(slow(20))
    const shared = limiter({ service: 'global', concurrency: 2, rate })
    await Promise.all([all(4, sender(shared), server, testRun()), all(4, sender(shared), server, testRun())])
    expect(server.most()).toBe(2)
  })

  it('goes on after a request that failed', async () => {
    const server = await serverOf({ status: 404, body: {} }, ok())
    const send = sender(limiter({ service: 'global', concurrency: 1, rate }))
    await expect(send({ method: 'GET', url: server.url }, testRun())).rejects.toMatchObject({ status: 404 })
    expect((await send({ method: 'GET', url: server.url }, testRun())).status).toBe(200)
  })

  it('hands out what the request gives, and its error as it is', async () => {
    const own = limiter({ service: 'global', concurrency: 1, rate })
    const cause = new Error('mine')
    expect(await own.enter(() => Promise.resolve(5), testRun())).toBe(5)
    await expect(own.enter(() => Promise.reject(cause), testRun())).rejects.toBe(cause)
  })
})

describe('a pause', () => {
  it('of one request, after a 429, is a pause of all', async () => {
    const shared = limiter({ service: 'global', concurrency: 4, rate })
    const server = await serverOf({ status: 429, headers: { 'retry-after': '27' }, body: {} }, ok())
    const { run, pauses, release } = stopped()
    const requests = [sender(shared)({ method: 'GET', url: server.url }, run)]
    while (pauses.length === 0) await wait(1)
    for (let time = 0; time < 3; time += 1) requests.push(sender(shared)({ method: 'GET', url: server.url }, run))
    await wait(50)
    expect(server.received).toHaveLength(1)
    expect(pauses).toEqual([27_000, 27_000, 27_000, 27_000])
    release()
    await Promise.all(requests)
    expect(server.received).toHaveLength(5)
  })

  it('begins when nothing is left, and ends with the window', async () => {
    const server = await serverOf({ status: 200, headers: { 'x-left': '0', 'x-reset': '13' }, body: {} }, ok())
    const run = testRun()
    const heard: WaitMessage[] = []
    onTestFinished(followWaits((message) => void heard.push(message)))
    const send = sender(limiter({ service: 'global', rate }))
    await send({ method: 'GET', url: server.url }, run)
    expect(run.clock.pauses).toEqual([])
    await send({ method: 'GET', url: server.url }, run)
    expect(run.clock.pauses).toEqual([13_000])
    expect(run.told).toEqual(['global: rate limit, waiting 13 s'])
    expect(heard).toEqual([{ service: 'global', ms: 13_000, because: 'limit' }])
    await send({ method: 'GET', url: server.url }, run)
    expect(run.clock.pauses).toHaveLength(1)
  })

  it('as long as zds waits is waited for, and a longer one is not', async () => {
    const run = testRun()
    const now = run.clock.now().getTime()
    const [own, other] = [limiter({ service: 'global' }), limiter({ service: 'global' })]
    own.pause(now + 600_000)
    await own.enter(() => Promise.resolve(), run)
    expect(run.clock.pauses).toEqual([600_000])
    other.pause(now + 1_200_001)
    await expect(other.enter(() => Promise.resolve(), run)).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: 'global: its rate limit is spent for 11 minutes',
    })
  })

  it('between requests that are to be spread is none before the first', async () => {
    const run = testRun()
    const own = limiter({ service: 'global', perSecond: 10 })
    for (const pauses of [[], [100], [100, 100]]) {
      await own.enter(() => Promise.resolve(), run)
      expect(run.clock.pauses).toEqual(pauses)
    }
  })

  it('leaves a share of the window to others, and never more under way than half of what is ours', async () => {
    const headers = { 'x-left': '54', 'x-limit': '100', 'x-reset': '50' }
    const server = await serverOf({ status: 200, headers, body: {} }, slow(20, headers))
    const shared = limiter({ service: 'global', concurrency: 8, reserve: 0.5, rate })
    await all(1, sender(shared), server, testRun())
    await all(6, sender(shared), server, testRun())
    expect(server.most()).toBe(2)
  })

  it('does not begin while something is left', async () => {
    const server = await serverOf({
      status: 200,
      headers: { 'x-left': '1', 'x-reset': '50' },
      body: {},
    })
    const run = testRun()
    const send = sender(limiter({ service: 'global', rate }))
    for (let time = 0; time < 3; time += 1) await send({ method: 'GET', url: server.url }, run)
    expect(run.clock.pauses).toEqual([])
  })

  it('is never made shorter by a later one', async () => {
    const run = testRun()
    const own = limiter({ service: 'global', rate })
    const now = run.clock.now().getTime()
    own.pause(now + 10_000)
    own.pause(now + 2000)
    await own.enter(() => Promise.resolve(), run)
    expect(run.clock.pauses).toEqual([10_000])
  })

  it('of one instance is none of another', async () => {
    const run = testRun()
    limiter({ service: 'us-gov', rate }).pause(run.clock.now().getTime() + 10_000)
    await limiter({ service: 'global', rate }).enter(() => Promise.resolve(), run)
    expect(run.clock.pauses).toEqual([])
  })
})

describe('an aborted run', () => {
  const reason = new Error('enough')

  it('leaves the queue at once with the reason, and sends nothing more', async () => {
    const controller = new AbortController()
    const run: Caller = { clock: systemClock(), signal: controller.signal, progress: () => undefined }
    const server = await serverOf(slow(300))
    const start = performance.now()
    const waiting = Promise.allSettled(
      Array.from({ length: 6 }, () => sender(limited)({ method: 'GET', url: server.url }, run)),
    )
    setTimeout(() => controller.abort(reason), 50)
    const settled = await waiting
    expect(performance.now() - start).toBeLessThan(2000)
    expect(settled.map((result) => (result.status === 'rejected' ? result.reason : undefined) as unknown)).toEqual(
      Array.from({ length: 6 }, () => reason),
    )
    await wait(50)
    expect(server.received.length).toBeLessThanOrEqual(2)
  })
  const limited = limiter({ service: 'global', concurrency: 2, rate })

  it('leaves a pause at once with the reason', async () => {
    const controller = new AbortController()
    const run: Caller = { clock: systemClock(), signal: controller.signal, progress: () => undefined }
    const own = limiter({ service: 'global', rate })
    own.pause(Date.now() + 60_000)
    const entered = own.enter(() => Promise.resolve('sent'), run)
    setTimeout(() => controller.abort(reason), 20)
    await expect(entered).rejects.toBe(reason)
  })

  it('does not hold up another run of the same instance', async () => {
    const own = limiter({ service: 'global', concurrency: 1, rate })
    const run = testRun()
    run.abort(reason)
    await expect(own.enter(() => Promise.resolve('sent'), run)).rejects.toBe(reason)
    expect(await own.enter(() => Promise.resolve('sent'), testRun())).toBe('sent')
  })
})
