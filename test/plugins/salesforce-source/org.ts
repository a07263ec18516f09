import { serve, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono, type Context } from 'hono'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { collect, type Issue, type Json, type JsonObject, type Run, type Setting, type Source } from 'zds'
import { salesforce, type Salesforce } from 'zds/salesforce-source'
import type { Sandbox } from 'zds/sandbox'
import { testRun as lent } from 'zds/testing'

type Answer = (c: Context) => Response | Promise<Response>

/** A small org for what the sandbox does not do: each test says what the org answers. */
export type Org = {
  readonly url: string
  readonly app: Hono
  /** Every request as `GET /path?query`, decoded, but for those that count. */
  readonly requests: string[]
  /**
   * The queries that count rows, and what answers them: a refusal, unless a test sets something
   * else.
   */
  readonly counts: string[]
  count: Answer
  /** Forms that asked for a token. */
  readonly logins: URLSearchParams[]
  /** Tokens that are good; a test empties it to let the session expire. */
  readonly tokens: Set<string>
}

export const VERSION = '/services/data/v60.0'

/**
 * Listens on a free port until the test ends; hands out the tokens `token-1`, `token-2`, and so on.
 */
export async function org(): Promise<Org> {
  const app = new Hono()
  const requests: string[] = []
  const logins: URLSearchParams[] = []
  const tokens = new Set<string>()
  let url = ''
  app.use('*', async (c, next) => {
    const soql = c.req.query('q')
    if (soql?.startsWith('SELECT COUNT()')) {
      made.counts.push(soql)
      return made.count(c)
    }
    requests.push(decodeURIComponent(`${c.req.method} ${new URL(c.req.url).pathname}${new URL(c.req.url).search}`))
    return next()
  })
  app.use('/services/data/*', async (c, next) => {
    if (tokens.has((c.req.header('authorization') ?? '').replace('Bearer ', ''))) return next()
    return complaint(c, 401, 'INVALID_SESSION_ID', 'Session expired or invalid')
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server // plain http was asked for
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server's address is an object
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const made: Org = { url, app, requests, counts: [], count: tooLong, logins, tokens }
  return made
}

/** Lets the org hand out tokens. */
export function givesTokens({ app, url, logins, tokens }: Org, instanceUrl = url): void {
  app.post('/services/oauth2/token', async (c) => {
    logins.push(new URLSearchParams(await c.req.text()))
    const token = `token-${logins.length}`
    tokens.add(token)
    return c.json({
      access_token: token,
      instance_url: instanceUrl,
      token_type: 'Bearer',
      issued_at: '1',
      id: `${url}/id/o/u`,
      signature: 's',
    })
  })
}

/**
 * An org that hands out tokens and answers queries in turn: the first with the first body, and so
 * on; the last one again and again.
 */
export async function orgWith(...answers: readonly Answer[]): Promise<Org> {
  const made = await org()
  givesTokens(made)
  let asked = 0
  made.app.get(`${VERSION}/query/*`, (c) => answer(c))
  made.app.get(`${VERSION}/query`, (c) => answer(c))
  const answer = (c: Context) => {
    const next = answers[Math.min(asked++, answers.length - 1)]
    return next === undefined ? c.notFound() : next(c)
  }
  return made
}

export const says = (body: Json) => (c: Context) => c.json(body)

export function complaint(c: Context, status: 400 | 401 | 403 | 404, errorCode: string, message: string): Response {
  return c.json([{ message, errorCode }], status)
}

const tooLong: Answer = (c) => complaint(c, 400, 'QUERY_TIMEOUT', 'Your query request was running for too long.')

/** Begins an answer and drops the connection in the middle of it. */
export function cut(c: Context): Response {
  const { outgoing } = c.env as HttpBindings // what @hono/node-server gives to every handler
  outgoing.writeHead(200, { 'content-type': 'application/json;charset=UTF-8' })
  outgoing.write('{"totalSize":1,', () => outgoing.destroy())
  return RESPONSE_ALREADY_SENT
}

/** A record as Salesforce gives it. */
export function record(object: string, id: string, fields: JsonObject): JsonObject {
  return { attributes: { type: object, url: `${VERSION}/sobjects/${object}/${id}` }, ...fields }
}

export function page(totalSize: number, records: readonly Json[], next?: string): JsonObject {
  return {
    totalSize,
    done: next === undefined,
    records,
    ...(next === undefined ? {} : { nextRecordsUrl: `${VERSION}/query/${next}` }),
  }
}

export function setting(name: string, value: string): Setting {
  return { name, read: () => value, peek: () => value }
}

export const FAST = { timeoutMs: 2000, attempts: 3, baseDelayMs: 1 }

export function login(url: string) {
  return {
    loginUrl: setting('SALESFORCE_LOGIN_URL', url),
    clientId: setting('SALESFORCE_CLIENT_ID', 'the-client'),
    clientSecret: setting('SALESFORCE_CLIENT_SECRET', 'the-client-secret'),
    http: FAST,
  }
}

/** A run that notes what it is told; `inputs` are the rows of the sources a source needs. */
export function testRun(inputs: ReadonlyMap<Source, readonly Json[]> = new Map()) {
  const expected: number[] = []
  const progress: string[] = []
  const controller = new AbortController()
  const run: Run = {
    signal: controller.signal,
    clock: { now: () => new Date(), today: '2026-11-24', sleep: () => Promise.resolve() },
    input: async function* <Row extends Json>(source: Source<Row>) {
      yield* (inputs.get(source) ?? []) as readonly Row[] // the test gave rows of this source
    },
    joined: lent().joined,
    incomplete: () => undefined,
    expect: (rows) => expected.push(rows),
    progress: (message) => progress.push(message),
  }
  return { run, expected, progress, controller }
}

/** What reading a source gives, and what it told the run. */
export async function read(source: Source<JsonObject>) {
  const { run, expected, progress } = testRun()
  return { rows: await collect(source.read(run)), expected, progress }
}

export const issuesOf = async (source: Source): Promise<readonly Issue[]> => (await source.check?.(testRun().run)) ?? []

/** The local Salesforce of a sandbox. */
export function crmOf({ env }: Sandbox): Salesforce {
  const from = (name: string): Setting => setting(name, env[name] ?? '')
  return salesforce({
    loginUrl: from('SALESFORCE_LOGIN_URL'),
    clientId: from('SALESFORCE_CLIENT_ID'),
    clientSecret: from('SALESFORCE_CLIENT_SECRET'),
    http: FAST,
  })
}
