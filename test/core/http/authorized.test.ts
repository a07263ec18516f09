import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { http, signIn, type Caller, type Http } from 'zds'
import { serverOf, type TestServer } from '../../support/server.ts'
import { testRun } from 'zds/testing'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }

/**
 * A service with tokens `t1`, `t2`, …, whose `good` says which of them it takes; and who signs in
 * there.
 */
async function service(good: (token: string, made: number) => boolean | Promise<boolean>) {
  let made = 0
  const server = await serverOf(async (response, request) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    const taken = await good(token, made)
    response.writeHead(taken ? 200 : 401, { 'content-type': 'application/json' }).end('{}')
  })
  const signedIn = signIn(async () => {
    made += 1
    await wait(5)
    return { proof: { authorization: `Bearer t${made}` } }
  })
  const send = http({
    service: 'global',
    policy,
    authorize: async (run, refused) => (await signedIn(run, refused)).proof,
  })
  return { server, send, made: () => made }
}

const together = (count: number, send: Http, { url }: TestServer, run: Caller) =>
  Promise.allSettled(Array.from({ length: count }, (_, n) => send({ method: 'GET', url: `${url}/${n}` }, run)))
const failed = (ends: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))

describe('sixteen requests under way (GEN-10)', () => {
  it('whose token ends share the next one', async () => {
    const { server, send, made } = await service((token) => token !== 't1')
    expect(failed(await together(16, send, server, testRun()))).toEqual([])
    expect([made(), server.received.length]).toEqual([2, 32])
  })

  it('go on where a new token ends before its second use, and end', async () => {
    const uses = new Map<string, number>()
    const { server, send, made } = await service((token) => {
      uses.set(token, (uses.get(token) ?? 0) + 1)
      return uses.get(token) === 1
    })
    expect(failed(await together(16, send, server, testRun()))).toEqual([])
    expect(made()).toBeLessThanOrEqual(32)
  })

  it('are not refused a token that was good for another one, and ended since', async () => {
    const { server, send, made } = await service(async (token) => {
      if (token !== 't2') return token === 't3'
      second += 1
      // The first to be sent with it is answered last.
      if (second === 1) await send({ method: 'GET', url: `${server.url}/other` }, testRun())
      return second === 2 && (second += 1) > 0
    })
    let second = 0
    expect((await send({ method: 'GET', url: server.url }, testRun())).status).toBe(200)
    expect(made()).toBe(3)
  })

  it('are not refused because of a token that another request has replaced', async () => {
    // The first token's refusals come late: by then the second is there, and good.
    const { server, send, made } = await service(async (token) => {
      if (token === 't1') await wait(Math.random() * 60)
      return token !== 't1'
    })
    expect(failed(await together(16, send, server, testRun()))).toEqual([])
    expect(made()).toBe(2)
  })

  it('end where no token is ever good, after few new ones', async () => {
    const { server, send, made } = await service(() => false)
    const ends = failed(await together(16, send, server, testRun()))
    expect(ends).toHaveLength(16)
    for (const error of ends) expect(error).toMatchObject({ code: 'AUTH_FAILED', status: 401 })
    expect(made()).toBeLessThanOrEqual(17)
    expect(server.received.length).toBeLessThanOrEqual(16 * 16)
  })
})

describe('one request', () => {
  it('whose place takes no token, though others do, ends after one new token', async () => {
    let made = 0
    const server = await serverOf((response, request) => {
      const status = request.url === '/closed' ? 401 : 200
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
    const signedIn = signIn(() => Promise.resolve({ proof: { authorization: `Bearer t${(made += 1)}` } }))
    const send = http({
      service: 'global',
      policy,
      authorize: async (run, refused) => (await signedIn(run, refused)).proof,
    })
    await send({ method: 'GET', url: server.url }, testRun())
    await expect(send({ method: 'GET', url: `${server.url}/closed` }, testRun())).rejects.toMatchObject({ status: 401 })
    expect(made).toBe(2)
  })

  it('with the same proof whatever happens is sent once', async () => {
    const server = await serverOf({ status: 401, body: {} })
    const send = http({ service: 'global', policy, authorize: () => Promise.resolve({ authorization: 'Bearer same' }) })
    await expect(send({ method: 'GET', url: server.url }, testRun())).rejects.toMatchObject({ status: 401 })
    expect(server.received).toHaveLength(1)
  })

  it('with another proof each time is sent sixteen times at most', async () => {
    const server = await serverOf({ status: 401, body: {} })
    let signed = 0
    const send = http({
      service: 'global',
      policy,
      authorize: () => Promise.resolve({ signature: String((signed += 1)) }),
    })
    await expect(send({ method: 'GET', url: server.url }, testRun())).rejects.toMatchObject({ status: 401 })
    expect(server.received).toHaveLength(16)
  })
})

describe('a sign-in', () => {
  it('that failed is nobody else’s: the next request signs in again', async () => {
    let asked = 0
    const signedIn = signIn(() => {
      asked += 1
      return asked === 1 ? Promise.reject(new Error('busy')) : Promise.resolve({ proof: { authorization: 'Bearer t' } })
    })
    await expect(signedIn(testRun())).rejects.toThrow('busy')
    expect((await signedIn(testRun())).proof).toEqual({ authorization: 'Bearer t' })
    expect(asked).toBe(2)
  })

  it('that is about to end is made anew before it is used, once for all', async () => {
    const run = testRun()
    let asked = 0
    const signedIn = signIn(
      (caller) => Promise.resolve({ proof: { n: `${(asked += 1)}` }, until: caller.clock.now().getTime() + 1000 }),
      ({ until }, now) => until <= now.getTime(),
    )
    const uses = () => Promise.all([signedIn(run), signedIn(run), signedIn(run)])
    expect((await uses()).map(({ proof }) => proof.n)).toEqual(['1', '1', '1'])
    await run.clock.sleep(1000, run.signal)
    expect((await uses()).map(({ proof }) => proof.n)).toEqual(['2', '2', '2'])
  })
})

it.each(['t1\nt2', 't1…'])(
  'credentials that no header can carry (%j) are told as that, once, and not quoted',
  async (token) => {
    const run = testRun()
    const send = http({
      service: 'global',
      policy,
      authorize: () => Promise.resolve({ authorization: `Bearer ${token}` }),
    })
    const error: unknown = await send({ method: 'GET', url: 'http://127.0.0.1:1' }, run).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'AUTH_FAILED' })
    expect(error).not.toHaveProperty('cause')
    expect(JSON.stringify(error) + String(error)).not.toContain('t1')
  },
)
