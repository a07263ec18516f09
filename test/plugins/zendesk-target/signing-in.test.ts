import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, redact, type Target } from 'zds'
import type { Fault, Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { credentialIssues } from '../../../plugins/zendesk-target/auth.ts'
import { testRun } from './run.ts'
import { connect, FIELDS, requestsTo, setting, start, updating } from './world.ts'

let sandbox: Sandbox
const withFaults = async (...faults: Fault[]): Promise<Target> => {
  await sandbox.close()
  const world = await start({ count: 250, faults })
  sandbox = world.sandbox
  return world.target
}
beforeEach(async () => {
  sandbox = (await start({ count: 250 })).sandbox
})
afterEach(() => sandbox.close())

const mints = () => requestsTo(sandbox, 'POST', '/oauth/tokens')
const tokens = (email = 'ZENDESK_GLOBAL_EMAIL', token = 'ZENDESK_GLOBAL_API_TOKEN') => ({
  email: setting(email, sandbox.tokenEnv[email]),
  token: setting(token, sandbox.tokenEnv[token]),
})
const client = (secret = sandbox.env['ZENDESK_GLOBAL_CLIENT_SECRET']) => ({
  clientId: setting('ZENDESK_GLOBAL_CLIENT_ID', sandbox.env['ZENDESK_GLOBAL_CLIENT_ID']),
  clientSecret: setting('ZENDESK_GLOBAL_CLIENT_SECRET', secret),
})
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  )

describe('GEN-10: OAuth client credentials', () => {
  it('are used where set, ask for half an hour, and one token serves all requests, those at the same time too', async () => {
    const target = connect(sandbox, { oauth: client(), apiToken: tokens() }).organizations({ fields: FIELDS })
    const run = testRun()
    await Promise.all([
      collect(target.read(run.run)),
      collect(target.refetch(['1001'], run.run)),
      collect(target.read(run.run)),
    ])
    expect(mints()).toHaveLength(1)
    expect(mints()[0]?.body).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'read write',
      expires_in: 1800,
      client_secret: '***',
    })
    expect(run.progress.join('\n')).not.toContain('API token')
  })

  it('a token that ends before its time is replaced once, and the run goes on', async () => {
    const target = await withFaults({ service: 'zendesk', path: 'page[after]', kind: 'expired' })
    expect(await collect(target.read(testRun().run))).toHaveLength(250)
    expect(mints()).toHaveLength(2)
  })

  it('requests that are refused at the same time share the new token', async () => {
    const target = await withFaults({ service: 'zendesk', path: '/show_many', kind: 'expired' })
    await collect(target.refetch(['1001'], testRun().run))
    sandbox.faults.add({ service: 'zendesk', path: '/show_many', kind: 'expired' })
    // Who shares no signal, shares no request.
    await Promise.all(Array.from({ length: 8 }, () => collect(target.refetch(['1001'], testRun().run))))
    expect(requestsTo(sandbox, 'GET', '/show_many').length).toBeGreaterThan(8)
    expect(mints()).toHaveLength(3)
  })

  it('a token is renewed before it ends', async () => {
    const target = connect(sandbox).organizations({ fields: FIELDS })
    const { run } = testRun()
    await collect(target.refetch(['1001'], run))
    await run.clock.sleep(1_700_000, run.signal)
    await collect(target.refetch(['1001'], run))
    expect(mints()).toHaveLength(1)
    await run.clock.sleep(60_000, run.signal)
    await collect(target.refetch(['1001'], run))
    expect(mints()).toHaveLength(2)
    expect(sandbox.requests.filter(({ status }) => status === 401)).toEqual([])
  })

  it('a permanent 401 ends after one new token', async () => {
    const target = await withFaults({ service: 'zendesk', path: '/api/v2', times: 0, kind: 'status', status: 401 })
    expect(await failure(collect(target.read(testRun().run)))).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('global') as string,
    })
    expect(mints()).toHaveLength(2)
    expect(sandbox.requests.length).toBeLessThanOrEqual(4)
  })

  it('a wrong secret is an error that names the instance and the settings, and never the secret', async () => {
    const target = connect(sandbox, { oauth: client('wrong-secret') }).organizations({ fields: FIELDS })
    const error = await failure(collect(target.read(testRun().run)))
    expect(error).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('global: Zendesk refuses the OAuth client') as string,
      hint: expect.stringContaining('ZENDESK_GLOBAL_CLIENT_SECRET') as string,
    })
    expect(JSON.stringify(error)).not.toContain('wrong-secret')
    expect(redact('wrong-secret')).toBe('***')
    expect(mints()).toHaveLength(1)
  })

  it('a token endpoint that is down is tried as often as any, not more', async () => {
    const target = await withFaults({ service: 'zendesk', path: '/oauth/tokens', times: 0, kind: 'html' })
    expect(await failure(collect(stepsOf(target, [updating(0)], testRun().run)))).toMatchObject({
      code: 'HTTP_UNAVAILABLE',
    })
    expect(mints()).toHaveLength(3)
  })
})

describe('GEN-10: API tokens', () => {
  it('serve where the client is not set, with one dated warning a run', async () => {
    const oauth = { clientId: setting('ID', undefined), clientSecret: setting('SECRET', undefined) }
    const target = connect(sandbox, { oauth, apiToken: tokens() }).organizations({ fields: FIELDS })
    for (const run of [testRun(), testRun()]) {
      expect(await collect(target.read(run.run))).toHaveLength(250)
      expect(run.progress.filter((line) => line.includes('API token') && line.includes('30 April 2027'))).toHaveLength(
        1,
      )
    }
    expect(mints()).toEqual([])
  })

  it('that are wrong end at once', async () => {
    const apiToken = { ...tokens(), token: setting('ZENDESK_GLOBAL_API_TOKEN', 'not-the-token') }
    const target = connect(sandbox, { apiToken }).organizations({ fields: FIELDS })
    expect(await failure(collect(target.read(testRun().run)))).toMatchObject({ code: 'AUTH_FAILED' })
    expect(sandbox.requests.length).toBeLessThanOrEqual(2)
  })
})

describe('no credentials', () => {
  it('are an error that names both possibilities, and nothing is sent', async () => {
    const oauth = { clientId: setting('THE_ID', undefined), clientSecret: setting('THE_SECRET', 'set-and-secret') }
    const apiToken = { email: setting('THE_EMAIL', undefined), token: setting('THE_TOKEN', undefined) }
    const target = connect(sandbox, { oauth, apiToken }).organizations({ fields: FIELDS })
    expect(await failure(collect(target.read(testRun().run)))).toMatchObject({
      code: 'ENV_MISSING',
      hint: 'Set THE_ID and THE_SECRET, or THE_EMAIL and THE_TOKEN.',
      issues: [{ where: 'THE_ID', hint: 'Or set THE_EMAIL and THE_TOKEN.' }],
    })
    expect(sandbox.requests).toEqual([])
  })

  it('are asked for as one pair: the one that was begun, else that of an OAuth client', () => {
    const missing = (email?: string) => {
      const oauth = { clientId: setting('THE_ID', undefined), clientSecret: setting('THE_SECRET', undefined) }
      const apiToken = { email: setting('THE_EMAIL', email), token: setting('THE_TOKEN', undefined) }
      return credentialIssues({ oauth, apiToken }).map(({ where, hint = '' }) => `${where} ${hint}`.trim())
    }
    expect(missing()).toEqual(['THE_ID', 'THE_SECRET Or set THE_EMAIL and THE_TOKEN.'])
    expect(missing('ada@example.com')).toEqual(['THE_TOKEN Or set THE_ID and THE_SECRET.'])
  })
})
