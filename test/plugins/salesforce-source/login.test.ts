import { generateKeyPairSync, verify } from 'node:crypto'

import type { Context } from 'hono'
import { describe, expect, it } from 'vitest'
import { collect, redact } from 'zds'
import { salesforce } from 'zds/salesforce-source'
import { logIn } from '../../../plugins/salesforce-source/login.ts'
import {
  complaint,
  FAST,
  givesTokens,
  login,
  org,
  orgWith,
  page,
  read,
  record,
  says,
  setting,
  testRun,
  VERSION,
  type Org,
} from './org.ts'

/** A token for another org than the one that is asked. */
function handOut(c: Context, { url, tokens }: Org): Response {
  tokens.add('token-elsewhere')
  return c.json({ access_token: 'token-elsewhere', instance_url: url })
}

const accounts = { name: 'accounts', object: 'Account', columns: ['Name'] }
const one = page(1, [record('Account', '001000000000001AAA', { Name: 'Acme' })])

describe('login', () => {
  it('asks for a token with the client credentials, once for all sources, and never shows it (GEN-09)', async () => {
    const { url, logins } = await orgWith(says(one))
    const crm = salesforce(login(url))
    await Promise.all([read(crm.rows(accounts)), read(crm.rows({ ...accounts, name: 'again' }))])
    expect(logins.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'client_credentials', client_id: 'the-client', client_secret: 'the-client-secret' },
    ])
    expect(redact('token-1 the-client-secret')).toBe('*** ***')
  })

  it('signs an assertion that is good for at most three minutes (JWT bearer, GEN-09)', async () => {
    const { url, logins } = await orgWith(says(one))
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey
      .export({ type: 'pkcs8', format: 'pem' })
      .toString()
      .replaceAll('\n', String.raw`\n`)
    const jwt = {
      privateKey: setting('SALESFORCE_PRIVATE_KEY', pem),
      username: setting('SALESFORCE_USERNAME', 'sync@example.com'),
    }
    const { loginUrl, clientId } = login(url)
    await read(salesforce({ loginUrl, clientId, jwt, http: FAST }).rows(accounts))

    expect(logins).toHaveLength(1)
    expect(logins[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = (logins[0]?.get('assertion') ?? '').split('.')
    expect(verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    )
    const said: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString())
    expect(said).toEqual({
      iss: 'the-client',
      sub: 'sync@example.com',
      aud: 'https://login.salesforce.com',
      exp: expect.any(Number),
    })
    expect((said as { exp: number }).exp - Date.now() / 1000).toBeLessThanOrEqual(180) // its shape was just compared
  })

  it('refuses a private key that is none, without quoting it', async () => {
    const { url } = await orgWith(says(one))
    const { loginUrl, clientId } = login(url)
    const jwt = { privateKey: setting('SALESFORCE_PRIVATE_KEY', 'not-a-key-but-secret'), username: setting('U', 'u') }
    const failure = await read(salesforce({ loginUrl, clientId, jwt, http: FAST }).rows(accounts)).catch(String)
    expect(failure).toContain('SALESFORCE_PRIVATE_KEY')
    expect(failure).not.toContain('not-a-key-but-secret')
  })

  it('says what Salesforce said and what to look at when the login is refused', async () => {
    const made = await org()
    made.app.post('/services/oauth2/token', (c) =>
      c.json({ error: 'invalid_grant', error_description: 'no client credentials user enabled' }, 400),
    )
    await expect(read(salesforce(login(made.url)).rows(accounts))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: 'salesforce refused the login: invalid_grant: no client credentials user enabled',
      hint: expect.stringMatching(/My Domain.*SALESFORCE_LOGIN_URL.*Run-As/),
    })
    expect(made.requests).toHaveLength(1)
  })

  it('names the settings of a wrong secret', async () => {
    const made = await org()
    made.app.post('/services/oauth2/token', (c) =>
      c.json({ error: 'invalid_client', error_description: 'invalid client credentials' }, 400),
    )
    await expect(read(salesforce(login(made.url)).rows(accounts))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      hint: expect.stringContaining('SALESFORCE_CLIENT_SECRET'),
    })
  })

  it('tries again when the login answers 503', async () => {
    const made = await org()
    let asked = 0
    made.app.post('/services/oauth2/token', async (c, next) => (++asked === 1 ? c.html('<h1>down</h1>', 503) : next()))
    givesTokens(made)
    made.app.get(`${VERSION}/query`, says(one))
    expect((await read(salesforce(login(made.url)).rows(accounts))).rows).toEqual([{ Name: 'Acme' }])
  })

  it.each([
    'http://org.example.com',
    'https://user:pw@org.example.com',
    'nowhere',
    'https://evil.example',
    'https://acme.my.salesforce.com.evil.example',
    'https://evilsalesforce.com',
    'https://evil.force.com',
  ])('sends no token to the instance_url %s, and does not name it', async (instanceUrl) => {
    const made = await org()
    givesTokens(made, instanceUrl)
    const failing = read(salesforce(login(made.url)).rows(accounts))
    await expect(failing).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.not.stringMatching(/evil|example/),
    })
  })

  it('an org of Salesforce may live elsewhere than its login', async () => {
    const made = await org()
    givesTokens(made, 'https://acme--dev.sandbox.my.salesforce.com')
    const session = await logIn(login(made.url), FAST, testRun().run)
    expect(session.instanceUrl).toBe('https://acme--dev.sandbox.my.salesforce.com')
  })

  it('gets a new token once when the session has expired in the middle of a run, and goes on', async () => {
    const made = await orgWith(
      (c) => {
        made.tokens.clear()
        return c.json(page(2, [record('Account', '001000000000001AAA', { Name: 'A' })], 'more'))
      },
      says(page(2, [record('Account', '001000000000002AAA', { Name: 'B' })])),
    )
    const { rows } = await read(salesforce(login(made.url)).rows(accounts))
    expect(rows).toEqual([{ Name: 'A' }, { Name: 'B' }])
    expect(made.logins).toHaveLength(2)
  })

  it('does not multiply tries when the login is down as well', async () => {
    const made = await orgWith((c) => {
      made.tokens.clear()
      return complaint(c, 401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    })
    let asked = 0
    const door = await org()
    door.app.post('/services/oauth2/token', (c) => (++asked === 1 ? handOut(c, made) : c.html('down', 503)))
    await expect(read(salesforce(login(door.url)).rows(accounts))).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE' })
    expect(asked).toBe(1 + FAST.attempts)
  })

  it('does not send a token of another instance to the one that was read', async () => {
    const [old, moved] = [
      await orgWith((c) => complaint(c, 401, 'INVALID_SESSION_ID', 'expired')),
      await orgWith(says(one)),
    ]
    const door = await org()
    let asked = 0
    door.app.post('/services/oauth2/token', (c) => handOut(c, ++asked === 1 ? old : moved))
    await expect(read(salesforce(login(door.url)).rows(accounts))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('moved'),
    })
    expect(old.requests).toHaveLength(1)
  })

  it.each([{}, { access_token: 'a-token' }, { access_token: '', instance_url: 'https://x.example' }, null])(
    'takes %j for no token',
    async (body) => {
      const made = await org()
      made.app.post('/services/oauth2/token', says(body))
      await expect(read(salesforce(login(made.url)).rows(accounts))).rejects.toMatchObject({ code: 'HTTP_UNREADABLE' })
    },
  )

  it('shares one new token among requests that are refused at the same time', async () => {
    const made = await orgWith(says(one))
    const crm = salesforce(login(made.url))
    await read(crm.rows(accounts))
    made.tokens.clear()
    await Promise.all([1, 2, 3, 4].map((n) => read(crm.rows({ ...accounts, name: `accounts-${n}` }))))
    expect(made.logins).toHaveLength(2)
  })

  it('ends after two tries when every token is refused, instead of going round for ever', async () => {
    const made = await orgWith((c) =>
      complaint(c, 401, 'INVALID_SESSION_ID', 'This session is not valid for use with the REST API'),
    )
    await expect(read(salesforce(login(made.url)).rows(accounts))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      hint: expect.stringContaining('API access'),
    })
    expect(made.requests.filter((line) => line.startsWith('GET'))).toHaveLength(2)
    expect(made.logins).toHaveLength(2)
  })

  it('stops at once when the run is aborted', async () => {
    const { run, controller } = testRun()
    const made = await orgWith(async (c) => {
      controller.abort(new Error('stopped by the test'))
      return c.json(one)
    })
    await expect(collect(salesforce(login(made.url)).rows(accounts).read(run))).rejects.toThrow('stopped by the test')
  })
})

describe('options', () => {
  it('are checked when the source is made, all at once', () => {
    const wrong = { ...login('http://localhost'), version: '60', http: { ...FAST, attempts: 0 }, sandbox: true }
    expect(() => salesforce(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        issues: expect.arrayContaining([
          expect.objectContaining({ where: 'salesforce.version' }),
          expect.objectContaining({ where: 'salesforce.http.attempts' }),
          expect.objectContaining({ message: expect.stringContaining('"sandbox"') }),
        ]),
      }),
    )
  })

  it('name exactly one way to log in', () => {
    const { loginUrl, clientId, clientSecret } = login('http://localhost')
    const jwt = { privateKey: clientSecret, username: clientId }
    // Both are what the types forbid.
    expect(() => salesforce({ loginUrl, clientId } as never)).toThrow('no way to log in')
    expect(() => salesforce({ loginUrl, clientId, clientSecret, jwt } as never)).toThrow('no way to log in, or two')
  })

  it('of a query are checked too', () => {
    const crm = salesforce(login('http://localhost'))
    expect(() => crm.rows({ name: 'a', object: 'Account', columns: ['Name; DROP'] })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() => crm.rows({ name: 'a', object: 'Account' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    const keys = { needs: [], read: async function* () {} }
    expect(() => crm.lookup({ name: 'c', object: 'Contact', columns: ['Email'], in: 'Id) OR (Id', keys })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() => crm.lookup({ name: 'c', object: 'Contact', columns: ['Email'], in: 'Id', keys, chunk: 0 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
