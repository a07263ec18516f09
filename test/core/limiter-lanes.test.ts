import { describe, expect, it } from 'vitest'
import { http, limiter, type Caller, type Limiter } from 'zds'
import { ok, serverOf } from '../support/server.ts'
import { testRun } from '../support/time.ts'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }
const get = (shared: Limiter, url: string, run: Caller) => http({ service: 'global', policy, limiter: shared })({ method: 'GET', url }, run)
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
})
