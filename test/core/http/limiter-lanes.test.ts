import { describe, expect, it } from 'vitest'
import { http, limiter, type Caller, type Limiter } from 'zds'
import { rate } from '../../support/rate.ts'
import { ok, serverOf } from '../../support/server.ts'
import { testRun } from 'zds/testing'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }
const get = (shared: Limiter, url: string, run: Caller) =>
  http({ service: 'global', policy, limiter: shared })({ method: 'GET', url }, run)
const headers = (limit: number, left: number) => ({ 'x-limit': `${limit}`, 'x-left': `${left}`, 'x-reset': '20' })
const paced = (reserve = 0) => limiter({ service: 'global', reserve, rate })

describe('the share of the limit that is left to agents', () => {
  it.each([
    [0.2, 141, []],
    [0.2, 140, [20_000]],
    [0, 1, []],
    [0, 0, [20_000]],
    [1, 700, [20_000]],
  ])('with a reserve of %d, %d of 700 left means %j', async (reserve, left, pauses) => {
    const server = await serverOf({ status: 200, headers: headers(700, left), body: {} }, ok())
    const run = testRun()
    const shared = paced(reserve)
    await get(shared, server.url, run)
    await get(shared, server.url, run)
    expect(run.clock.pauses).toEqual(pauses)
  })

  it('is nothing where nobody says what the limit is, and what is left is still heeded', async () => {
    const run = testRun()
    const own = paced(0.5)
    for (const [left, pauses] of [
      ['1', []],
      ['0', [60_000]],
    ] as const) {
      own.heed(new Headers({ 'x-left': left, 'x-reset': '60' }), run.clock.now())
      await own.enter(() => Promise.resolve(), run)
      expect(run.clock.pauses).toEqual(pauses)
    }
  })

  it('is nothing where the service says nothing of limits, or nobody reads what it says', async () => {
    const server = await serverOf({ status: 200, headers: headers(700, 0), body: {} }, ok())
    const run = testRun()
    const deaf = limiter({ service: 'global', reserve: 0.5 })
    await get(deaf, server.url, run)
    await get(deaf, server.url, run)
    const shared = paced(0.5)
    await get(shared, server.url, run)
    await get(shared, server.url, run)
    expect(run.clock.pauses).toEqual([])
  })
})

describe('the limit of one endpoint', () => {
  const spent = { 'x-endpoint': '4' }

  it('holds up that endpoint, whatever the id, and no other', async () => {
    const server = await serverOf({ status: 200, headers: { ...headers(700, 690), ...spent }, body: {} }, ok())
    const run = testRun()
    const shared = paced(0.2)
    await get(shared, `${server.url}/users/1`, run)
    await get(shared, `${server.url}/organizations/1`, run)
    expect(run.clock.pauses).toEqual([])
    await get(shared, `${server.url}/users/2`, run)
    expect(run.clock.pauses).toEqual([4000])
  })

  it('is one for all ids, however long they are, and another one than that of the whole list', async () => {
    const server = await serverOf({ status: 200, headers: spent, body: {} }, ok())
    const run = testRun()
    const shared = paced()
    await get(shared, `${server.url}/users/12`, run)
    await get(shared, `${server.url}/users/`, run)
    expect(run.clock.pauses).toEqual([])
    await get(shared, `${server.url}/users/345`, run)
    expect(run.clock.pauses).toEqual([4000])
  })

  it('where nobody says which one it is, is that of all', async () => {
    const run = testRun()
    const own = paced()
    own.heed(new Headers({ 'x-endpoint': '42' }), run.clock.now())
    await own.enter(() => Promise.resolve(), run, 'users')
    expect(run.clock.pauses).toEqual([42_000])
  })

  it('refuses without stopping the others: a 429 while the account has requests left', async () => {
    const refusal = { status: 429, headers: { ...headers(700, 668), 'retry-after': '27' }, body: {} }
    const server = await serverOf(refusal, ok())
    const shared = paced()
    const [slow, quick] = [testRun(), testRun()]
    await get(shared, `${server.url}/users/1`, slow)
    expect(slow.clock.pauses).toEqual([27_000])
    await get(shared, `${server.url}/organizations`, quick)
    expect(quick.clock.pauses).toEqual([])
    await get(shared, `${server.url}/users/9`, quick)
    expect(quick.clock.pauses).toEqual([27_000])
  })

  it.each([{}, { 'x-limit': '700' }, { 'x-left': '0', 'x-reset': '20' }])(
    'and stops them where the account has none left, or nobody knows: %j',
    async (window) => {
      const server = await serverOf({ status: 429, headers: { ...window, 'retry-after': '27' }, body: {} }, ok())
      const shared = paced()
      const [slow, quick] = [testRun(), testRun()]
      await get(shared, `${server.url}/users/1`, slow)
      await get(shared, `${server.url}/organizations`, quick)
      expect(quick.clock.pauses).toEqual([27_000])
    },
  )

  it('is not what a 503 speaks of: others may have better luck', async () => {
    const server = await serverOf({ status: 503, headers: { 'retry-after': '27' }, body: {} }, ok())
    const shared = paced()
    const [slow, quick] = [testRun(), testRun()]
    await get(shared, `${server.url}/users/1`, slow)
    await get(shared, `${server.url}/users/1`, quick)
    expect([slow.clock.pauses, quick.clock.pauses]).toEqual([[27_000], []])
  })
})

describe('a pause that is longer than zds waits', () => {
  it.each([
    ['of everybody', { 'x-left': '0', 'x-reset': '601' }, /^global: its rate limit is spent for 11 minutes$/],
    ['of one endpoint', { 'x-endpoint': '7200' }, /^global: its rate limit is spent for 2 hours$/],
    ['without end', { 'x-endpoint': 'Infinity' }, /^global: its rate limit is spent for 1000 hours$/],
  ])('%s ends the run by name, and is not waited for', async (_what, limits, message) => {
    const server = await serverOf({ status: 200, headers: limits, body: {} })
    const run = testRun()
    const shared = paced()
    await get(shared, `${server.url}/users/1`, run)
    await expect(get(shared, `${server.url}/users/2`, run)).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('zds waits at most 10 minutes') as string,
    })
    expect([server.received.length, run.clock.pauses]).toEqual([1, []])
  })

  it('that is no number is none', async () => {
    const run = testRun()
    const own = paced()
    own.heed(new Headers({ 'x-left': '0', 'x-reset': 'soon' }), run.clock.now())
    await own.enter(() => Promise.resolve(), run)
    own.pause(run.clock.now().getTime() + 3000)
    await own.enter(() => Promise.resolve(), run)
    expect(run.clock.pauses).toEqual([3000])
  })
})

describe('requests of a service that counts them by the second', () => {
  it('begin as far apart as it wants, also after a pause', async () => {
    const server = await serverOf()
    const run = testRun()
    const shared = limiter({ service: 'global', concurrency: 4, perSecond: 4 })
    const start = run.clock.now().getTime()
    for (let time = 0; time < 5; time += 1) await get(shared, server.url, run)
    expect(run.clock.now().getTime() - start).toBe(1000)
    await Promise.all([1, 2, 3].map(() => get(shared, server.url, run)))
    expect(run.clock.now().getTime() - start).toBe(1750)
    expect(server.received).toHaveLength(8)
    expect(run.told).toEqual([])
  })
})
