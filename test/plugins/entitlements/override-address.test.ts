import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { collect, env, messageOf, secret } from 'zds'
import { overrides } from 'zds/entitlements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { within } from '../../../src/core/settings.ts'
import { runOn, TABLES, TODAY, value } from './support.ts'

const FILE = '- salesforce_id: "001000000000001AAA"\n  set: { account_owner: Ada }\n  reason: a test\n'
const POLICY = { timeoutMs: 5000, attempts: 2, baseDelayMs: 1 }

/** What the server got, by path. */
const authorizations = new Map<string, string | undefined>()

const app = new Hono()
  .use(async (context, next) => {
    authorizations.set(context.req.path, context.req.header('authorization'))
    await next()
  })
  .get('/plain', (context) => context.text(FILE))
  .get('/yaml', (context) => context.body(FILE, 200, { 'content-type': 'application/yaml' }))
  .get('/json', (context) => context.json([]))
  .get('/latin1', (context) =>
    context.body(Buffer.from(FILE.replace('Ada', 'Björn'), 'latin1'), 200, { 'content-type': 'text/plain' }),
  )
  .get('/marked', (context) => context.text(`\uFEFF${FILE}`))
  .get('/octets', (context) => context.body(FILE, 200, { 'content-type': 'application/octet-stream' }))
  .get('/broken', (context) => context.text('- salesforce_id: x\n'))
  .get('/page', (context) => context.html('<!doctype html><title>Sign in</title>'))
  .get('/disguised', (context) => context.text('<html><body>Sign in</body></html>'))
  .get('/empty', (context) => context.text(''))
  .get('/nothing', (context) => context.body(null, 204))
  .get('/moved', (context) => context.redirect('/plain'))
  .get('/forbidden', (context) => context.text('no', 403))
  .get('/down', (context) => context.text('later', 503))
  .get('/huge', (context) => context.text(`# ${'x'.repeat(5_000_001)}\n${FILE}`))
  .get('/image', (context) => context.body(FILE, 200, { 'content-type': 'image/png' }))

let base = ''
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })

beforeAll(async () => {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(() => void server.close())

const from = (place: string, token?: string) =>
  overrides({
    from: value(place),
    fields: TABLES,
    http: POLICY,
    ...(token === undefined ? {} : { token: value(token) }),
  })

describe('OVR-01: overrides from an address', () => {
  test.each(['/plain', '/yaml', '/octets', '/marked'])('%s is read', async (path) => {
    expect(await collect(from(`${base}${path}`).read(runOn(TODAY)))).toMatchObject([{ set: { account_owner: 'Ada' } }])
  })

  test('a list without entries is one', async () => {
    expect(await collect(from(`${base}/json`).read(runOn(TODAY)))).toEqual([])
  })

  test('the token goes along, and nothing without one', async () => {
    await collect(from(`${base}/plain`, 'a-token').read(runOn(TODAY)))
    expect(authorizations.get('/plain')).toBe('Bearer a-token')
    await collect(from(`${base}/plain`).read(runOn(TODAY)))
    expect(authorizations.get('/plain')).toBeUndefined()
  })

  test('a check reports what reading would throw', async () => {
    expect(await from(`${base}/page`).check?.(runOn(TODAY))).toMatchObject([
      { code: 'HTTP_UNREADABLE', where: 'A_SETTING' },
    ])
    expect(await from(`${base}/plain`).check?.(runOn(TODAY))).toEqual([])
  })

  test('an address that was lost is refused where its token is set, rather than taking the default file for it', async () => {
    const path = 'data/overrides.yaml'
    const checked = (variables: { readonly [name: string]: string }) =>
      within(variables, () =>
        overrides({ from: env('FROM', path), fields: TABLES, http: POLICY, token: secret('FROM_TOKEN') }),
      ).check?.(runOn(TODAY))
    expect(await checked({ FROM_TOKEN: 'a-token' })).toMatchObject([
      { code: 'ENV_MISSING', where: 'FROM', message: 'is not set, and FROM_TOKEN is, which is for an address' },
    ])
    for (const variables of [{}, { FROM: `${base}/plain`, FROM_TOKEN: 'a-token' }, { FROM: path, FROM_TOKEN: 'x' }])
      expect(await checked(variables)).toEqual([])
  })

  test('a query stays out of messages', async () => {
    const failure = await collect(from(`${base}/broken?private=hidden`).read(runOn(TODAY))).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'FILE_INVALID' })
    expect(JSON.stringify(failure) + messageOf(failure)).not.toContain('hidden')
    expect(messageOf(failure)).toContain('/broken:1')
  })

  test.each([
    ['/page', 'HTTP_UNREADABLE', 'is text/html'],
    ['/disguised', 'HTTP_UNREADABLE', 'is an HTML page'],
    ['/empty', 'FILE_INVALID', 'is empty'],
    ['/latin1', 'FILE_INVALID', '/latin1:2: has a character that was lost'],
    ['/nothing', 'HTTP_UNREADABLE', 'answered 204'],
    ['/moved', 'HTTP_REFUSED', 'redirects to another address'],
    ['/forbidden', 'AUTH_FAILED', '403'],
    ['/absent', 'HTTP_REFUSED', '404'],
    ['/down', 'HTTP_UNAVAILABLE', '503'],
    ['/huge', 'HTTP_UNREADABLE', 'more than 5 MB'],
    ['/image', 'HTTP_UNREADABLE', 'is image/png'],
  ])('%s is an error, not "no overrides"', async (path, code, message) => {
    const failure = await collect(from(`${base}${path}`).read(runOn(TODAY))).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code })
    expect(messageOf(failure)).toContain(message)
  })

  test.each([
    'http://files.example/overrides.yaml',
    'ftp://files.example/overrides.yaml',
    'https://me:secret@files.example/o.yaml',
  ])('%s is refused', async (place) => {
    await expect(collect(from(place).read(runOn(TODAY)))).rejects.toMatchObject({ code: 'ENV_INVALID' })
  })
})
