import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import tls from 'node:tls'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { http, HttpError, redact } from 'zds'
import { certificateOf, type Certificate } from '../../support/certificate.ts'
import { deadUrl, ok, serverOf } from '../../support/server.ts'
import { testRun, type TestRun } from 'zds/testing'
import { proxyTo, secureServer } from '../../support/tls.ts'

const policy = { timeoutMs: 5000, attempts: 3, baseDelayMs: 1000 }
const get = (url: string, run = testRun()) => http({ service: 'global', policy })({ method: 'GET', url }, run)

async function failure(url: string, run: TestRun = testRun()): Promise<HttpError> {
  const error: unknown = await get(url, run).then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  )
  if (error instanceof HttpError) return error
  throw new Error(`expected an HttpError, got ${inspect(error)}`)
}

function trust({ cert }: Certificate): void {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  onTestFinished(() => tls.setDefaultCACertificates(before))
}

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'HTTP_PROXY', 'http_proxy']
// Neither what a developer's machine needs nor what one test sets reaches the next one.
beforeEach(async () => {
  for (const name of VARIABLES) delete process.env[name]
  await get((await serverOf()).url)
})

describe('a certificate', () => {
  it.each<[string, Certificate, boolean, RegExp, RegExp]>([
    ['nobody vouches for', certificateOf('localhost'), false, /not trusted \(DEPTH_ZERO_SELF/, /NODE_EXTRA_CA_CERTS/],
    ['of another host', certificateOf('acme.example'), true, /that of another host \(ERR_TLS/, /host in the address/],
    ['that has ended', certificateOf('localhost', '2020-01-01', '2021-01-01'), true, /not valid.*EXPIRED/, /clock/],
    ['that has not begun', certificateOf('localhost', '2048-01-01'), true, /not valid.*NOT_YET/, /clock/],
  ])('%s: is named, the request was not sent, and is not sent again', async (_what, certificate, known, says, hint) => {
    if (known) trust(certificate)
    const { port, received } = await secureServer(certificate)
    const run = testRun()
    const error = await failure(`https://localhost:${port}/users`, run)
    expect(error).toMatchObject({ code: 'HTTP_UNAVAILABLE', status: 0, arrived: 'no', passing: false })
    expect(error.message).toMatch(/^global: GET \/users: its certificate is /)
    expect(error.message).toMatch(says)
    expect(error.hint).toMatch(hint)
    expect([run.clock.pauses, received]).toEqual([[], []])
  })

  it('where somebody speaks plain http instead: is named, and not asked again', async () => {
    const { url, received } = await serverOf()
    const run = testRun()
    const error = await failure(url.replace('http:', 'https:'), run)
    expect(error).toMatchObject({ arrived: 'no', passing: false })
    expect(error.message).toMatch(/^global: GET \/: it does not speak TLS \(ERR_SSL/)
    expect(error.hint).toMatch(/scheme and port/)
    expect([run.clock.pauses, received]).toEqual([[], []])
  })
})

describe('an address where nobody is', () => {
  it('because its name is not known: is tried again, and says what to look at', async () => {
    const run = testRun()
    const error = await failure('https://acme.invalid/users', run)
    expect(error.message).toMatch(/^global: GET \/users: its name is not found \((ENOTFOUND|EAI_AGAIN)\)$/)
    expect(error).toMatchObject({ arrived: 'no', hint: expect.stringMatching(/host in the address.*HTTPS_PROXY/) })
    expect(run.clock.pauses).toHaveLength(2)
  })

  it('because nobody listens: is tried again, and says what to look at', async () => {
    const run = testRun()
    const error = await failure(await deadUrl(), run)
    expect(error).toMatchObject({ arrived: 'no', message: 'global: GET /: no connection (ECONNREFUSED)' })
    expect(run.clock.pauses).toHaveLength(2)
  })
})

describe('a proxy', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])(
    'in %s takes what goes to https, and nothing that stays here',
    async (name) => {
      const certificate = certificateOf('localhost')
      trust(certificate)
      const { port, received } = await secureServer(certificate)
      const { url, asked } = await proxyTo()
      process.env[name] = url
      expect((await get(`https://localhost:${port}/users`)).status).toBe(200)
      expect([asked, received]).toEqual([[`localhost:${port}`], ['GET /users']])
      process.env['HTTP_PROXY'] = url
      expect((await get((await serverOf(ok())).url)).status).toBe(200)
      expect(asked).toHaveLength(1)
    },
  )

  it('set later, changed, or taken away counts from the next request on, as a .env file is read late', async () => {
    const certificate = certificateOf('localhost')
    trust(certificate)
    const { port } = await secureServer(certificate)
    const [one, other] = [await proxyTo(), await proxyTo()]
    for (const proxy of [undefined, one.url, other.url, other.url, '']) {
      if (proxy === undefined) delete process.env['HTTPS_PROXY']
      else process.env['HTTPS_PROXY'] = proxy
      await get(`https://localhost:${port}/users`)
    }
    expect([one.asked.length, other.asked.length]).toEqual([1, 2])
  })

  it.each(['NO_PROXY', 'no_proxy'])('takes nothing for the hosts in %s', async (name) => {
    const certificate = certificateOf('localhost')
    trust(certificate)
    const { port } = await secureServer(certificate)
    const { url, asked } = await proxyTo()
    process.env['HTTPS_PROXY'] = url
    process.env[name] = 'elsewhere.example,localhost'
    expect((await get(`https://localhost:${port}/users`)).status).toBe(200)
    expect(asked).toEqual([])
  })

  it('may be written without http://, and with user and password, which nobody sees', async () => {
    const proxy = await proxyTo(407)
    process.env['HTTPS_PROXY'] = proxy.url.replace('http://', 'me:s3cret%2Fword@')
    const run = testRun()
    const error = await failure('https://acme.example/users', run)
    expect(error.message).toBe('global: GET /users: the proxy of HTTPS_PROXY answered 407')
    expect(error).toMatchObject({ arrived: 'no', passing: false, hint: expect.stringContaining('user and password') })
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('me:s3cret/word').toString('base64')}`])
    expect(run.clock.pauses).toEqual([])
    expect(inspect(error, { depth: 9 })).not.toMatch(/s3cret|bWU6czNj/)
  })

  it.each([
    [403, 0],
    [500, 2],
    [503, 2],
  ])('that answers %i is named, and asked again %i times', async (status, again) => {
    const { url, asked } = await proxyTo(status)
    process.env['HTTPS_PROXY'] = url
    const run = testRun()
    const error = await failure('https://acme.example/users', run)
    expect(error.message).toBe(`global: GET /users: the proxy of HTTPS_PROXY answered ${status}`)
    expect(error.hint).toMatch(/NO_PROXY/)
    expect([asked.length, run.clock.pauses.length]).toEqual([again + 1, again])
  })

  it('that is not there is told as that', async () => {
    process.env['HTTPS_PROXY'] = await deadUrl()
    expect((await failure('https://acme.example/users')).message).toBe(
      'global: GET /users: no connection (ECONNREFUSED), through the proxy of HTTPS_PROXY',
    )
  })

  it('is not blamed once it was taken away', async () => {
    const dead = await deadUrl()
    process.env['HTTPS_PROXY'] = 'http://proxy.example:3128'
    await failure(`${dead}/users`)
    delete process.env['HTTPS_PROXY']
    expect((await failure(`${dead.replace('http:', 'https:')}/users`)).message).toBe(
      'global: GET /users: no connection (ECONNREFUSED)',
    )
  })

  it.each([
    'http://me:pass@proxy.example',
    'HTTP://me:pass@proxy.example',
    'me:pass@proxy.example',
    ':pass@proxy.example',
  ])('at %s has a password that nobody sees', async (proxy) => {
    const password = randomUUID()
    process.env['HTTPS_PROXY'] = proxy.replace('pass', password)
    await failure(`${await deadUrl()}/users`)
    const part = password.slice(1)
    expect(redact(`${password}, ${part}, me:${part}`)).toBe(`***, ${part}, me:${part}`)
  })

  it('is not blamed for what does not go through it', async () => {
    const dead = await deadUrl()
    process.env['HTTPS_PROXY'] = 'http://proxy.example:3128'
    const told = 'global: GET /users: no connection (ECONNREFUSED)'
    expect((await failure(`${dead}/users`)).message).toBe(told)
    process.env['NO_PROXY'] = 'localhost,127.0.0.1'
    expect((await failure(`${dead.replace('http:', 'https:')}/users`)).message).toBe(
      `${told}, through the proxy of HTTPS_PROXY unless NO_PROXY has the host`,
    )
  })

  it.each(['http://', 'http://a b', 'http://me:50%@proxy.example'])(
    'of the form %j is refused by name',
    async (text) => {
      process.env['HTTPS_PROXY'] = text
      await expect(get('https://acme.example/users')).rejects.toMatchObject({
        code: 'ENV_INVALID',
        message: 'HTTPS_PROXY is not the address of a proxy',
        hint: 'Give it like http://proxy.example:3128, or leave it empty.',
      })
    },
  )
})
