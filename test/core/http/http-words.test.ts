import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { http, HttpError, isObject, type Json, type Request } from 'zds'
import { cut, deadUrl, serverOf, type Reply } from '../../support/server.ts'
import { testRun } from 'zds/testing'

const policy = { timeoutMs: 5000, attempts: 1, baseDelayMs: 1000 }
const explain = (body: Json): string =>
  isObject(body) && typeof body['description'] === 'string' ? body['description'] : 'no words'

/** The error that a request for `/users` ends with, where the service gives this reply. */
async function refusal(reply: Reply, request: Partial<Request> = {}): Promise<HttpError> {
  const { url } = await serverOf(reply)
  return failure({ method: 'PUT', url: `${url}/users`, ...request })
}

async function failure(request: Request): Promise<HttpError> {
  const error: unknown = await http({ service: 'global', policy, explain })(request, testRun()).catch(
    (thrown: unknown) => thrown,
  )
  if (error instanceof HttpError) return error
  throw new Error(`expected an HttpError, got ${inspect(error)}`)
}

const saying = (status: number, description: string): Reply => ({ status, body: { description } })
const body = JSON.stringify({
  users: [{ name: 'Ada', email: 'ada@example.com', tags: ['open', 'open_partner'], age: 36, notes: null }],
})

describe('the words of a service that refuses who we are, or is down (OPS-08)', () => {
  it.each([401, 403, 429, 500, 503])('%i: do not repeat whom the request was about', async (status) => {
    const error = await refusal(saying(status, 'not for ada@example.com, ada@example.com of open_partner'), { body })
    expect(error.message).toBe(`global: PUT /users answered ${status}: not for …, … of …`)
  })

  it('lose whole values, the longest first: nothing of one that begins with another stays', async () => {
    expect((await refusal(saying(403, 'open_partner is not open'), { body })).message).toContain(': … is not …')
  })

  it('keep what is shorter than four letters, or ordinary words would go', async () => {
    expect((await refusal(saying(403, 'Adapt the plan of Ada, 36'), { body })).message).toContain(
      ': Adapt the plan of Ada, 36',
    )
  })

  it('stay where the request had no values, or none that can be told apart', async () => {
    for (const sent of [undefined, '', 'grant_type=client_credentials', 'null', '36', '{}']) {
      const request: Partial<Request> = sent === undefined ? { method: 'GET' } : { body: sent }
      expect((await refusal(saying(500, 'out of client_credentials, 36'), request)).message).toContain(
        ': out of client_credentials, 36',
      )
    }
  })
})

describe('the words of a service about the data', () => {
  it.each([400, 404, 409, 422])('%i: name the value, or nobody would know what is meant', async (status) => {
    const error = await refusal(saying(status, 'ada@example.com is taken'), { body })
    expect(error.message).toBe(`global: PUT /users answered ${status}: ada@example.com is taken`)
  })

  it('do not name the host (OPS-08)', async () => {
    const { url } = await serverOf((response, request) => {
      const description = `see http://${request.headers.host}/users`
      response.writeHead(422, { 'content-type': 'application/json' }).end(JSON.stringify({ description }))
    })
    expect((await failure({ method: 'GET', url })).message).toBe('global: GET / answered 422: see http://…/users')
  })

  it('are cut after 500 characters', async () => {
    expect((await refusal(saying(422, 'x'.repeat(501)))).message).toBe(
      `global: PUT /users answered 422: ${'x'.repeat(500)}`,
    )
  })

  it('are looked for in JSON only: who explains it need not know of pages in HTML', async () => {
    expect((await refusal({ status: 404, body: '<html>' })).message).toBe('global: PUT /users answered 404')
    const bare: Reply = (response) => void response.writeHead(404).end('{"description":"no type"}')
    expect((await refusal(bare)).message).toBe('global: PUT /users answered 404')
  })
})

describe('what to do', () => {
  it('is told for credentials and permissions, and not for what the words tell', async () => {
    expect((await refusal(saying(401, 'x'))).hint).toBe('Check the credentials of global.')
    expect((await refusal(saying(403, 'x'))).hint).toMatch(/acts as in global lacks a permission/)
    for (const status of [400, 404, 422, 500]) expect((await refusal(saying(status, 'x'))).hint).toBeUndefined()
  })

  it.each([301, 302, 307])('is told of a redirect (%i), which is a matter of the address', async (status) => {
    const error = await refusal({ status, headers: { location: 'https://moved.example/secret' }, body: '' })
    expect(error.message).toBe(`global: PUT /users answered ${status}`)
    expect(error.hint).toMatch(/another one, which is not followed\. Give global the final one: https, the right host/)
    expect(error.hint).not.toContain('moved.example')
    const date = 'Wed, 18 Mar 2026 10:00:00 GMT'
    expect((await refusal({ status, headers: { date }, body: '' })).hint).not.toContain('clock')
  })

  it.each([
    ['Mon, 16 Mar 2026 09:53:00 GMT', '7 minutes ahead of'],
    ['Mon, 16 Mar 2026 10:01:00 GMT', '60 s behind'],
    ['Mon, 16 Mar 2026 10:01:01 GMT', '61 s behind'],
    ['Wed, 18 Mar 2026 10:00:00 GMT', '48 hours behind'],
  ])('is to set the clock first, where the answer of %s shows that ours is wrong', async (date, which) => {
    for (const status of [401, 403]) {
      const error = await refusal({ status, headers: { date }, body: {} })
      expect(error.hint).toContain(`The clock of this machine is ${which} that of global: set it right first. `)
    }
    expect((await refusal({ status: 422, headers: { date }, body: {} })).hint).toBeUndefined()
  })

  it.each(['Mon, 16 Mar 2026 10:00:59 GMT', 'Mon, 16 Mar 2026 09:59:01 GMT', 'yesterday'])(
    'is nothing about clocks where the answer is of %s',
    async (date) => {
      expect((await refusal({ status: 401, headers: { date }, body: {} })).hint).toBe(
        'Check the credentials of global.',
      )
    },
  )

  it('is what the plugin knows better', async () => {
    const { url } = await serverOf({ status: 403, body: { description: 'switched off' } })
    const send = http({
      service: 'global',
      policy,
      explain,
      advise: ({ body }) => (isObject(body) && body['description'] === 'switched off' ? 'Switch it on.' : undefined),
    })
    await expect(send({ method: 'GET', url }, testRun())).rejects.toMatchObject({ hint: 'Switch it on.' })
  })

  it('is told where nobody answers', async () => {
    for (const url of [await deadUrl(), (await serverOf(cut)).url]) {
      const error = await failure({ method: 'GET', url })
      expect(error).toMatchObject({
        name: 'HttpError',
        code: 'HTTP_UNAVAILABLE',
        status: 0,
        body: null,
        endpointOnly: false,
      })
      expect(error.message).toContain('no connection')
      expect(error.hint).toMatch(/address and the network/)
      expect(error.cause).toBeInstanceOf(TypeError)
    }
  })
})

describe('whether a request reads only, so that nothing can have come of it, is told of each failure', () => {
  const json = { 'content-type': 'application/json' }
  it.each<[string, Reply]>([
    ['a refusal', saying(404, 'x')],
    ['no answer', cut],
    [
      'an answer that breaks off',
      (response) => void response.writeHead(200, { 'content-length': '500' }).write('{', () => response.destroy()),
    ],
    ['no JSON', { status: 200, body: '<html>' }],
    ['JSON that cannot be used', { status: 200, headers: json, body: '1e999' }],
    ['too large an answer', { status: 200, headers: json, body: JSON.stringify('x'.repeat(3_000)) }],
  ])('%s', async (_what, reply) => {
    const small = { ...policy, mostBytes: 2_000 }
    for (const [method, reads] of [
      ['GET', true],
      ['PUT', false],
    ] as const) {
      const { url } = await serverOf(reply)
      const sent = http({ service: 'global', policy: small })({ method, url }, testRun())
      await expect(sent).rejects.toMatchObject({ name: 'HttpError', reads })
    }
  })

  it('and unless it is said, a failure is none of a read, none that passes, and none of an endpoint', () => {
    const bare = new HttpError('HTTP_REFUSED', 'no', { status: 404, arrived: 'no' })
    expect(bare).toMatchObject({ body: null, reads: false, passing: false, endpointOnly: false })
  })
})

describe('credentials that cannot be sent', () => {
  it('are told as that, not shown, and nothing is sent', async () => {
    const { url, received } = await serverOf()
    const send = http({ service: 'global', policy, authorize: async () => ({ authorization: 'Bearer s3\ncret' }) })
    await expect(send({ method: 'GET', url }, testRun())).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: 'global: the credentials hold a line end, or a letter that cannot be sent',
      hint: 'Copy them once more, without what stands around them.',
    })
    expect(received).toEqual([])
  })
})

it('a wait that a service names with what it refuses for good is none', async () => {
  const error = await refusal({ status: 422, headers: { 'retry-after': '7200' }, body: {} })
  expect([error.retryMs, error.message, error.hint]).toEqual([
    undefined,
    'global: PUT /users answered 422: no words',
    undefined,
  ])
})

describe('an answer that cannot be read', () => {
  it('because it breaks off has its status, may have been acted on, and tells why', async () => {
    const error = await refusal((response) => {
      response
        .writeHead(201, { 'content-type': 'application/json', 'content-length': '500' })
        .write('{', () => response.destroy())
    })
    expect(error).toMatchObject({
      code: 'HTTP_UNREADABLE',
      status: 201,
      arrived: 'maybe',
      message: 'global: PUT /users: the answer broke off',
    })
    expect(error.cause).toBeInstanceOf(Error)
  })

  it.each<[string, Reply]>([
    ['is HTML', { status: 200, body: '<html>sign in</html>' }],
    ['is broken', { status: 200, headers: { 'content-type': 'application/json' }, body: '{' }],
    ['has no type', (response) => void response.writeHead(200).end('{}')],
  ])('because it %s says so', async (_why, reply) => {
    expect(await refusal(reply)).toMatchObject({
      code: 'HTTP_UNREADABLE',
      message: 'global: PUT /users answered 200 with something that is not JSON',
      hint: 'Check the address of the service, and what stands between you and it.',
    })
  })
})
