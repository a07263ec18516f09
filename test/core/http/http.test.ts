import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { conceal, http, HttpError, isObject, systemClock, ZdsError, type Caller, type Json, type Proof } from 'zds'
import { deadUrl, ok, serverOf, silence, type Reply } from '../../support/server.ts'
import { testRun } from 'zds/testing'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }
const explain = (body: Json): string | undefined => (isObject(body) ? JSON.stringify(body['description']) : undefined)

async function failure(attempt: Promise<unknown>): Promise<HttpError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof HttpError) return error
  throw new Error(`expected an HttpError, got ${inspect(error)}`)
}

describe('an answer', () => {
  it('is status, headers, parsed body and text, of exactly the request that was made', async () => {
    const server = await serverOf({ status: 201, headers: { 'x-request-id': 'r1' }, body: { user: { id: 1 } } })
    const answer = await http({ service: 'global', policy })(
      {
        method: 'POST',
        url: `${server.url}/api/v2/users?x=1`,
        headers: { 'content-type': 'application/json' },
        body: '{"user":{}}',
      },
      testRun(),
    )
    expect(answer).toMatchObject({ status: 201, body: { user: { id: 1 } }, text: '{"user":{"id":1}}' })
    expect(answer.headers.get('x-request-id')).toBe('r1')
    expect(server.received).toMatchObject([
      {
        method: 'POST',
        path: '/api/v2/users?x=1',
        body: '{"user":{}}',
        headers: { 'content-type': 'application/json' },
      },
    ])
  })

  it('may have no body where there is nothing to say, and may be text where text is wanted', async () => {
    const empty: Reply = (response) => void response.writeHead(204).end()
    const server = await serverOf(empty, { status: 200, headers: { 'content-type': 'text/yaml' }, body: 'a: 1' })
    const send = http({ service: 'global', policy })
    expect(await send({ method: 'DELETE', url: server.url }, testRun())).toMatchObject({ status: 204, body: null })
    expect(await send({ method: 'GET', url: server.url, accept: 'text' }, testRun())).toMatchObject({
      status: 200,
      text: 'a: 1',
      body: null,
    })
  })
})

describe('an error', () => {
  it('has the words of the service, its body, and where it came from, without the query', async () => {
    const server = await serverOf({ status: 422, body: { description: 'Name has already been taken' } })
    const error = await failure(
      http({ service: 'global', policy, explain })(
        { method: 'GET', url: `${server.url}/api/v2/users?email=ada@example.com` },
        testRun(),
      ),
    )
    expect(error.message).toBe('global: GET /api/v2/users answered 422: "Name has already been taken"')
    expect(error).toMatchObject({
      code: 'HTTP_REFUSED',
      status: 422,
      arrived: 'no',
      body: { description: 'Name has already been taken' },
    })
  })

  it('does not read JSON into a body that is none', async () => {
    const server = await serverOf({ status: 404, body: '{"description":"not what it seems"}' })
    const error = await failure(
      http({ service: 'global', policy, explain })({ method: 'GET', url: server.url }, testRun()),
    )
    expect([error.message, error.body]).toEqual(['global: GET / answered 404', null])
  })

  it.each([301, 302, 307, 308])('a redirect (%i) is one: our token is not taken elsewhere', async (status) => {
    const other = await serverOf(ok())
    const server = await serverOf({ status, headers: { location: `${other.url}/api` }, body: {} })
    const error = await failure(
      http({ service: 'global', policy, authorize: () => Promise.resolve({ authorization: 'Bearer t' }) })(
        { method: 'GET', url: server.url },
        testRun(),
      ),
    )
    expect(error).toMatchObject({ code: 'HTTP_REFUSED', status })
    expect([server.received.length, other.received.length]).toEqual([1, 0])
  })

  it('says nowhere what a secret is: not in the message, nor its cause, nor what progress tells', async () => {
    const token = conceal('tok-3f9a/+=8c')
    const echo: Reply = { status: 500, body: { description: `bad token ${token}, ${encodeURIComponent(token)}` } }
    const server = await serverOf(echo)
    for (const url of [server.url, await deadUrl(), `${server.url}/?token=${encodeURIComponent(token)}`]) {
      const run = testRun()
      const send = http({
        service: 'global',
        policy,
        explain,
        authorize: () => Promise.resolve({ authorization: `Bearer ${token}` }),
      })
      const error = await failure(send({ method: 'GET', url }, run))
      for (const text of [
        error.message,
        String(error.cause),
        inspect(error.cause, { depth: 9 }),
        error.hint ?? '',
        ...run.told,
      ]) {
        expect(text).not.toContain('3f9a')
      }
    }
  })

  it('that waiting cannot mend is not waited for', async () => {
    const server = await serverOf({ status: 503, body: { description: 'limit of the day' } }, ok())
    const send = http({
      service: 'salesforce',
      policy,
      verdict: ({ body }) => (isObject(body) && body['description'] === 'limit of the day' ? 'unavailable' : undefined),
    })
    expect(await failure(send({ method: 'GET', url: server.url }, testRun()))).toMatchObject({ status: 503 })
    expect(server.received).toHaveLength(1)
  })
})

describe('credentials', () => {
  const authorize = () => {
    const asked: boolean[] = []
    let current = { authorization: 'Bearer old' }
    return {
      asked,
      authorize: (_run: Caller, refused?: Proof) => {
        asked.push(refused !== undefined)
        if (refused === current) current = { authorization: 'Bearer new' }
        return Promise.resolve(current)
      },
    }
  }
  const refused: Reply = { status: 401, body: { description: 'expired' } }

  it('GEN-10: are renewed once after a 401, and the request is sent again with the new ones', async () => {
    const { asked, authorize: prove } = authorize()
    const server = await serverOf(refused, ok())
    const run = testRun()
    await http({ service: 'global', policy, authorize: prove })({ method: 'POST', url: server.url, body: '{}' }, run)
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
    expect([asked, run.clock.pauses]).toEqual([[false, false, true], []])
  })

  it('that are refused again are an error, with what to check', async () => {
    const { asked, authorize: prove } = authorize()
    const server = await serverOf(refused)
    const error = await failure(
      http({ service: 'global', policy, explain, authorize: prove })({ method: 'GET', url: server.url }, testRun()),
    )
    expect(error).toMatchObject({
      code: 'AUTH_FAILED',
      status: 401,
      hint: 'Check the credentials of global.',
      message: expect.stringContaining('expired') as string,
    })
    expect([server.received.length, asked]).toEqual([2, [false, false, true, false]])
  })

  it('that lack a permission are an error at once', async () => {
    const { asked, authorize: prove } = authorize()
    const server = await serverOf({ status: 403, body: {} })
    expect(
      await failure(
        http({ service: 'global', policy, authorize: prove })({ method: 'GET', url: server.url }, testRun()),
      ),
    ).toMatchObject({
      code: 'AUTH_FAILED',
      hint: expect.stringContaining('permission') as string,
    })
    expect(asked).toEqual([false])
  })

  it('that cannot be had: the request was certainly not sent, and signing in is not tried more often than its own policy says', async () => {
    const server = await serverOf(ok())
    const login = await serverOf({ status: 503, body: {} })
    const signIn = http({ service: 'login', policy })
    const prove = async (run: Caller) => {
      await signIn({ method: 'POST', url: login.url, repeatable: true }, run)
      return {}
    }
    const send = http({ service: 'global', policy, authorize: prove })
    for (const method of ['POST', 'GET'] as const) {
      login.received.length = 0
      const refused = send({ method, url: server.url }, testRun())
      await expect(refused).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE', cause: { status: 503 } })
      await expect(refused).rejects.not.toBeInstanceOf(HttpError)
      expect([login.received.length, server.received.length]).toEqual([policy.attempts, 0])
    }
  })

  it('that are not there at all: who signs in says what is missing', async () => {
    const missing = new ZdsError('ENV_MISSING', 'no token')
    const server = await serverOf(ok())
    const send = http({ service: 'global', policy, authorize: () => Promise.reject(missing) })
    await expect(send({ method: 'GET', url: server.url }, testRun())).rejects.toBe(missing)
    expect(server.received).toHaveLength(0)
  })

  it('win over headers of the request', async () => {
    const server = await serverOf(ok())
    await http({ service: 'global', policy, authorize: authorize().authorize })(
      { method: 'GET', url: server.url, headers: { authorization: 'mine', accept: 'x/y' } },
      testRun(),
    )
    expect(server.received[0]?.headers).toMatchObject({ authorization: 'Bearer old', accept: 'x/y' })
  })
})

describe('an aborted run ends at once, with the reason', () => {
  const reason = new Error('enough')

  it('before the request', async () => {
    const server = await serverOf(ok())
    const run = testRun()
    run.abort(reason)
    await expect(http({ service: 'global', policy })({ method: 'GET', url: server.url }, run)).rejects.toBe(reason)
    expect(server.received).toHaveLength(0)
  })

  it.each(['GET', 'POST'] as const)('during the request: %s', async (method) => {
    const run = testRun()
    const server = await serverOf(() => run.abort(reason))
    await expect(http({ service: 'global', policy })({ method, url: server.url }, run)).rejects.toBe(reason)
    expect(server.received).toHaveLength(1)
    expect(run.told).toEqual([])
  })

  it('in the middle of an answer', async () => {
    const run = testRun()
    const server = await serverOf((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"users":[')
      setTimeout(() => run.abort(reason), 30)
    })
    await expect(http({ service: 'global', policy })({ method: 'GET', url: server.url }, run)).rejects.toBe(reason)
  })

  it('while it waits to try again, on the clock of the machine', async () => {
    const controller = new AbortController()
    const server = await serverOf({ status: 503, headers: { 'retry-after': '60' }, body: {} })
    const run: Caller = {
      clock: systemClock(),
      signal: controller.signal,
      progress: () => setTimeout(() => controller.abort(reason), 10),
    }
    const start = performance.now()
    await expect(http({ service: 'global', policy })({ method: 'GET', url: server.url }, run)).rejects.toBe(reason)
    expect(performance.now() - start).toBeLessThan(3000)
    expect(server.received).toHaveLength(1)
  })

  it('and is not mistaken for a timeout', async () => {
    const run = testRun()
    const server = await serverOf(silence)
    const asking = http({ service: 'global', policy: { ...policy, timeoutMs: 10_000 } })(
      { method: 'GET', url: server.url },
      run,
    )
    setTimeout(() => run.abort(reason), 30)
    await expect(asking).rejects.toBe(reason)
  })
})
