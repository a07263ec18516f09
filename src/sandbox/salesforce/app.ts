import { Hono, type Context } from 'hono'
import { isObject, textOf } from '../json.ts'
import type { Env, Exchange, Service } from '../server/exchange.ts'
import { createTimers } from '../server/timers.ts'
import type { Clock, Row } from '../types.ts'
import { createBulkJobs, type BulkMs } from './bulk/jobs.ts'
import { bulkRoutes } from './bulk/routes.ts'
import { describe, summary } from './describe.ts'
import { notFound, refuse } from './replies.ts'
import { createResults, type Cursor, type PageSizes } from './results.ts'
import { createSchema, type Tables } from './schema.ts'
import { compile, type Compiled } from './soql/compile.ts'
import { isSoqlError } from './soql/errors.ts'
import { createSessions, type Credentials } from './token.ts'

/** How the local Salesforce pages; the defaults are what was seen of the real one. */
export type SalesforceOptions = {
  /** Rows a page, child rows included (default 2000). */
  readonly batchSize?: number
  /** Child rows under one parent before a list continues on its own URL (default 499). */
  readonly childPageSize?: number
  /**
   * From so many selected fields on a child list counts as wide and has this page size (default 15
   * fields, 199 rows).
   */
  readonly wideChild?: { readonly fields: number; readonly pageSize: number }
  /**
   * Calls a day for `/limits` and the Sforce-Limit-Info header (default 15,000); more are not
   * refused.
   */
  readonly dailyCalls?: number
  /**
   * How long a Bulk job waits and works (default 20 and 40), and works longer for each of its rows
   * (0), milliseconds.
   */
  readonly bulkMs?: BulkMs
  /** Rows of a page of Bulk results; `maxRecords` can only ask for fewer (default 10,000). */
  readonly bulkPageSize?: number
  readonly jwt?: Credentials['jwt']
}

const uriLimit = 16_384

/**
 * A read-only Salesforce on these tables: OAuth, query, Bulk query, describe, limits; `close` stops
 * its jobs.
 */
export function createSalesforce(
  url: string,
  tables: Tables,
  credentials: Credentials,
  options: SalesforceOptions,
  clock: Clock,
  today: () => string,
): Service & { readonly close: () => void } {
  const sessions = createSessions(url, credentials, () => clock.now())
  const results = createResults(tables)
  const dailyCalls = options.dailyCalls ?? 15_000
  let calls = 0
  const app = new Hono<Env>()

  app.post('/services/oauth2/token', (c) => sessions.answer(c.env.exchange, c.req.header('authorization') ?? null))
  app.post('/services/oauth2/revoke', (c) => {
    const { body } = c.env.exchange
    sessions.revoke(isObject(body) ? textOf(body['token']) : undefined)
    return c.body(null, 200)
  })
  app.get('/services/data', (c) =>
    c.json(['58.0', '62.0', '66.0'].map((version) => ({ label: version, url: `/services/data/v${version}`, version }))),
  )

  app.use('*', async (c, next) => {
    const { pathname, search } = new URL(c.req.url)
    if (pathname.length + search.length > uriLimit)
      return c.html('<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>', 414)
    if (!sessions.isValid(c.env.exchange.bearer))
      return refuse(c, 401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    calls += 1
    await next()
    c.header('Sforce-Limit-Info', `api-usage=${calls}/${dailyCalls}`)
    return undefined
  })

  const answerPage = (c: Context<Env>, cursor: Cursor, from: number): Response => {
    const sizes = pageSizes(options, c.req.header('sforce-query-options'))
    const [short] =
      cursor.rows.length === 0
        ? []
        : c.env.exchange.take(['short'], (fault) => fault.kind === 'short' && canOmit(cursor.query, fault.child))
    const page = results.page(
      cursor,
      from,
      sizes,
      short === undefined ? undefined : { child: short.child, row: short.row },
    )
    return c.json(page)
  }

  let schema = createSchema(tables)
  const compileFresh = (text: string): Compiled => {
    try {
      return compile(text, schema, today(), results.data)
    } catch (error) {
      if (!isSoqlError(error)) throw error
      // A test may have added a table or a column since; reading all rows for every query would be
      // slow.
      schema = createSchema(tables)
      return compile(text, schema, today(), results.data)
    }
  }

  const query = (c: Context<Env>): Response => {
    const text = c.env.exchange.query.get('q')
    if (text === null) return refuse(c, 400, 'MALFORMED_QUERY', 'A query string has to be specified')
    try {
      const compiled = compileFresh(text)
      const cursor = results.open(compiled, c.req.param('version') ?? '')
      return compiled.count
        ? c.json({ totalSize: cursor.rows.length, done: true, records: [] })
        : answerPage(c, cursor, 0)
    } catch (error) {
      if (isSoqlError(error)) return refuse(c, 400, error.errorCode, error.message)
      throw error
    }
  }

  const timers = createTimers()
  bulkRoutes(
    app,
    { compile: compileFresh, rows: (compiled) => results.rows(compiled) },
    createBulkJobs(options.bulkMs ?? { queued: 20, working: 40 }, timers, clock),
    options.bulkPageSize ?? 10_000,
  )
  for (const resource of ['query', 'queryAll']) {
    app.get(`/services/data/:version/${resource}`, query)
    app.get(`/services/data/:version/${resource}/`, query)
  }
  app.get('/services/data/:version/query/:locator', (c) => {
    const [, locator = '', from = ''] = /^(0r8[0-9A-Za-z]{15})-(\d+)$/.exec(c.req.param('locator')) ?? []
    const cursor = results.find(locator)
    if (cursor === undefined || Number(from) >= cursor.rows.length)
      return refuse(c, 400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    return answerPage(c, cursor, Number(from))
  })

  app.get('/services/data/:version/limits', (c) =>
    c.json({
      DailyApiRequests: { Max: dailyCalls, Remaining: Math.max(0, dailyCalls - calls) },
      ConcurrentAsyncGetReportInstances: { Max: 200, Remaining: 200 },
    }),
  )
  app.get('/services/data/:version/sobjects', (c) =>
    c.json({ encoding: 'UTF-8', maxBatchSize: 200, sobjects: [...createSchema(tables).values()].map(summary) }),
  )
  app.get('/services/data/:version/sobjects/:object/describe', (c) => {
    const schema = createSchema(tables)
    const object = schema.get(c.req.param('object').toLowerCase())
    return object === undefined ? notFound(c) : c.json(describe(object, schema))
  })
  app.get('/id/:organization/:user', (c) =>
    c.json({
      id: c.req.url,
      user_id: c.req.param('user'),
      organization_id: c.req.param('organization'),
      username: 'integration@sandbox.example',
    }),
  )

  app.notFound(notFound)
  app.onError((error, c) => refuse(c, 500, 'UNKNOWN_EXCEPTION', `The sandbox failed: ${error.stack ?? error.message}`))
  return {
    name: 'salesforce',
    kind: 'salesforce',
    maxBodyBytes: 1_000_000,
    fetch: (request, env) => app.fetch(request, env),
    revoke: (exchange: Exchange) => sessions.revoke(exchange.bearer),
    close: timers.close,
  }
}

function canOmit(query: Compiled, child: string | undefined): boolean {
  return (
    child === undefined ||
    query.select.some((item) => item.kind === 'children' && item.key.toLowerCase() === child.toLowerCase())
  )
}

function pageSizes(options: SalesforceOptions, header: string | undefined): PageSizes {
  const most = options.batchSize ?? 2000
  const wish = Number(/batchSize=(\d+)/i.exec(header ?? '')?.[1] ?? most)
  const wide = options.wideChild ?? { fields: 15, pageSize: 199 }
  return {
    batch: Math.min(most, Math.max(200, wish)),
    childPage: (query) => (query.select.length >= wide.fields ? wide.pageSize : (options.childPageSize ?? 499)),
  }
}

/** A copy of the tables that belongs to the sandbox; tests change it to play the work of others. */
export function copyTables(tables: { readonly [object: string]: readonly Row[] }): { [object: string]: Row[] } {
  return structuredClone(tables) as { [object: string]: Row[] } // The clone is nobody else's, so it may be written.
}
