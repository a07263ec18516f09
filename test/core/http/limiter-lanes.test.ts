import { describe, expect, it } from 'vitest'
import { http, limiter, type Caller, type Limiter } from 'zds'
import { ok, serverOf } from '../../support/server.ts'
import { testRun } from '../../support/time.ts'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }
const get = (shared: Limiter, url: string, run: Caller) =>
  http({ service: 'global', policy, limiter: shared })({ method: 'GET', url }, run)
const headers = (limit: number, left: number) => ({
  'x-rate-limit': `${limit}`,
  'x-rate-limit-remaining': `${left}`,
  'ratelimit-reset': '20',
})

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
    const shared = limiter('global', 4, reserve)
    await get(shared, server.url, run)
    await get(shared, server.url, run)
    expect(run.clock.pauses).toEqual(pauses)
  })

  it.each(['100;w=60', '-1', 'many'])(
    'is nothing where the limit is said to be %j, and what is left is still heeded',
    async (limit) => {
      const run = testRun()
      const own = limiter('global', 4, 0.5)
      const note = (left: string) =>
        own.heed(new Headers({ 'ratelimit-limit': limit, 'ratelimit-remaining': left }), run.clock.now())
      note('1')
      await own.enter(() => Promise.resolve(), run)
      expect(run.clock.pauses).toEqual([])
      note('0')
      await own.enter(() => Promise.resolve(), run)
      expect(run.clock.pauses).toEqual([60_000])
    },
  )

  it('is nothing where no header says what the limit is', async () => {
    const server = await serverOf({ status: 200, headers: { 'x-rate-limit-remaining': '1' }, body: {} }, ok())
    const run = testRun()
    const shared = limiter('global', 4, 0.5)
    await get(shared, server.url, run)
    await get(shared, server.url, run)
    expect(run.clock.pauses).toEqual([])
  })
})

describe('the limit of one endpoint', () => {
  const spent = { 'zendesk-ratelimit-create-update-user': 'total=5; remaining=0; resets=4' }

  it('holds up that endpoint, whatever the id, and no other', async () => {
    const server = await serverOf({ status: 200, headers: { ...headers(700, 690), ...spent }, body: {} }, ok())
    const run = testRun()
    const shared = limiter('global', 4, 0.2)
    await get(shared, `${server.url}/users/1`, run)
    await get(shared, `${server.url}/organizations/1`, run)
    expect(run.clock.pauses).toEqual([])
    await get(shared, `${server.url}/users/2`, run)
    expect(run.clock.pauses).toEqual([4000])
  })

  it('is one for all ids, however long they are, and another one than that of the whole list', async () => {
    const server = await serverOf({ status: 200, headers: spent, body: {} }, ok())
    const run = testRun()
    const shared = limiter('global')
    await get(shared, `${server.url}/users/12`, run)
    await get(shared, `${server.url}/users/`, run)
    expect(run.clock.pauses).toEqual([])
    await get(shared, `${server.url}/users/345`, run)
    expect(run.clock.pauses).toEqual([4000])
  })

  it.each([
    ['has something left', 'zendesk-ratelimit-create-update-user', 'total=5; remaining=3; resets=4'],
    ['does not say what is left', 'zendesk-ratelimit-create-update-user', 'total=5; resets=4'],
    ['does not say until when', 'zendesk-ratelimit-create-update-user', 'total=5; remaining=0'],
    ['has another form', 'zendesk-ratelimit-create-update-user', 'none'],
    ['is none of Zendesk', 'x-zendesk-ratelimit-create-update-user', 'total=5; remaining=0; resets=4'],
  ])('that %s holds up nobody, and a later one is heeded', async (_what, header, value) => {
    const run = testRun()
    const own = limiter('global')
    own.heed(new Headers({ [header]: value }), run.clock.now(), 'users')
    await own.enter(() => Promise.resolve(), run, 'users')
    expect(run.clock.pauses).toEqual([])
    own.heed(new Headers(spent), run.clock.now(), 'users')
    await own.enter(() => Promise.resolve(), run, 'users')
    expect(run.clock.pauses).toEqual([4000])
  })

  it('where nobody says which one it is, is that of all', async () => {
    const run = testRun()
    const own = limiter('global')
    own.heed(
      new Headers({ 'zendesk-ratelimit-create-update-user': 'total=5; remaining=0; resets=42' }),
      run.clock.now(),
    )
    await own.enter(() => Promise.resolve(), run, 'users')
    expect(run.clock.pauses).toEqual([42_000])
  })

  it('is not the number of open jobs', async () => {
    const jobs = { 'zendesk-ratelimit-inflight-jobs': 'total=30; remaining=0; resets=60' }
    const server = await serverOf({ status: 200, headers: jobs, body: {} }, ok())
    const run = testRun()
    const shared = limiter('global')
    await get(shared, server.url, run)
    await get(shared, server.url, run)
    expect(run.clock.pauses).toEqual([])
  })

  it('refuses without stopping the others: a 429 while the account has requests left', async () => {
    const refusal = { status: 429, headers: { ...headers(700, 668), 'retry-after': '27' }, body: {} }
    const server = await serverOf(refusal, ok())
    const shared = limiter('global')
    const [slow, quick] = [testRun(), testRun()]
    await get(shared, `${server.url}/users/1`, slow)
    expect(slow.clock.pauses).toEqual([27_000])
    await get(shared, `${server.url}/organizations`, quick)
    expect(quick.clock.pauses).toEqual([])
    await get(shared, `${server.url}/users/9`, quick)
    expect(quick.clock.pauses).toEqual([27_000])
  })

  it.each([{}, { 'x-rate-limit': '700' }, { 'x-rate-limit-remaining': '0', 'ratelimit-reset': '20' }])(
    'and stops them where the account has none left, or nobody knows: %j',
    async (window) => {
      const server = await serverOf({ status: 429, headers: { ...window, 'retry-after': '27' }, body: {} }, ok())
      const shared = limiter('global')
      const [slow, quick] = [testRun(), testRun()]
      await get(shared, `${server.url}/users/1`, slow)
      await get(shared, `${server.url}/organizations`, quick)
      expect(quick.clock.pauses).toEqual([27_000])
    },
  )

  it('is not what a 503 speaks of: others may have better luck', async () => {
    const server = await serverOf({ status: 503, headers: { 'retry-after': '27' }, body: {} }, ok())
    const shared = limiter('global')
    const [slow, quick] = [testRun(), testRun()]
    await get(shared, `${server.url}/users/1`, slow)
    await get(shared, `${server.url}/users/1`, quick)
    expect([slow.clock.pauses, quick.clock.pauses]).toEqual([[27_000], []])
  })
})
