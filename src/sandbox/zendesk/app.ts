import { Hono } from 'hono'
import type { Env, Service } from '../server/exchange.ts'
import type { User } from '../types.ts'
import type { Instance } from './instance.ts'
import { createJobs, type JobOptions } from './jobs.ts'
import { createLimits } from './limits.ts'
import { invalidPagination } from './lists.ts'
import { identityRoutes, membershipRoutes } from './memberships.ts'
import { organizationRoutes } from './organizations.ts'
import { userOf } from './records.ts'
import { forbidden, notFound } from './replies.ts'
import { allows, createTokens, type ZendeskCredentials } from './tokens.ts'
import { userRoutes } from './users.ts'

/**
 * How a local Zendesk instance behaves; the defaults are those of the real one, but for the speed
 * of jobs and of updates of users.
 */
export type ZendeskOptions = {
  /** Requests a clock minute (default 700). */
  readonly requestsPerMinute?: number
  /**
   * How long a job stays queued and working (default 20 and 40), and works longer for each of its
   * rows (0), milliseconds.
   */
  readonly jobMs?: JobOptions['jobMs']
  /** Users updated one a request in a clock second (default any number; the real one takes 1). */
  readonly userUpdatesPerSecond?: number
  /** Jobs queued or working at once (default 30). */
  readonly maxJobs?: number
  /** Larger bodies get 413 (default 8 MB; the real maximum is not documented). */
  readonly maxBodyBytes?: number
  /** The status of a refused job (default 429; the real one is not documented). */
  readonly tooManyJobsStatus?: JobOptions['tooManyJobsStatus']
  /** Life of an access token whose request names none, seconds (default 1800). */
  readonly tokenSeconds?: number
  /** Allows users/create_many and create_or_update_many (default false: 403). */
  readonly bulkUserImport?: boolean
}

/** The Zendesk API on the state of one instance; `close` stops its jobs. */
export function createZendesk(
  instance: Instance,
  credentials: ZendeskCredentials,
  options: ZendeskOptions,
): Service & { readonly close: () => void } {
  const tokens = createTokens(credentials, options.tokenSeconds ?? 1800, instance.clock)
  const { requestsPerMinute = 700, userUpdatesPerSecond = Infinity } = options
  const limits = createLimits(requestsPerMinute, userUpdatesPerSecond, instance.clock)
  const jobs = createJobs(instance, {
    jobMs: options.jobMs ?? { queued: 20, working: 40 },
    maxJobs: options.maxJobs ?? 30,
    tooManyJobsStatus: options.tooManyJobsStatus ?? 429,
  })
  const app = new Hono<Env>({ getPath: (request) => new URL(request.url).pathname.replace(/\.json$/, '') })

  app.post('/oauth/tokens', (c) => tokens.answer(c.env.exchange))
  app.post('/api/v2/oauth/tokens', (c) => tokens.answer(c.env.exchange))
  app.use('/api/v2/*', async (c, next) => {
    const caller = tokens.caller(c.env.exchange, c.req.header('authorization'))
    const { path, method } = c.env.exchange.log
    if (caller.kind === 'invalid') {
      c.header('WWW-Authenticate', 'Bearer error="invalid_token"')
      const description = 'The access token provided is expired, revoked, malformed or invalid for other reasons.'
      return c.json({ error: 'invalid_token', error_description: description }, 401)
    }
    if (caller.kind === 'anonymous') {
      // The real endpoint is open to anonymous users: a login check must look at more than the
      // status.
      if (path === '/api/v2/users/me') return c.json({ user: anonymous(instance) })
      return c.json({ error: "Couldn't authenticate you" }, 401)
    }
    const refused = limits.account(c)
    if (refused !== undefined) return refused
    const resource = path.split('/')[3] ?? ''
    return path.startsWith('/api/v2/oauth') || allows(caller.scopes, method, resource) ? next() : forbidden(c)
  })
  app.delete('/api/v2/oauth/tokens/current', (c) => {
    tokens.revoke(c.env.exchange.bearer)
    return c.body(null, 204)
  })

  app.get('/api/v2/users/me', (c) => c.json({ user: me(instance, credentials) }))
  organizationRoutes(app, instance, jobs, limits)
  identityRoutes(app, instance)
  membershipRoutes(app, instance)
  userRoutes(app, instance, jobs, limits, options.bulkUserImport ?? false)

  const noMore = {
    meta: { has_more: false, after_cursor: null, before_cursor: null },
    links: { prev: null, next: null },
  }
  app.get('/api/v2/job_statuses', (c) => {
    if (c.env.exchange.query.has('sort')) return invalidPagination(c, 'sort is not valid')
    return c.json({ job_statuses: [...instance.jobs.values()].toReversed(), ...noMore })
  })
  app.get('/api/v2/job_statuses/show_many', (c) => {
    const ids = (c.env.exchange.query.get('ids') ?? '').split(',')
    const found = ids.flatMap((id) => instance.jobs.get(id.trim()) ?? [])
    return c.json({ job_statuses: found, next_page: null, previous_page: null, count: found.length })
  })
  app.get('/api/v2/job_statuses/:id', (c) => {
    const job = instance.jobs.get(c.req.param('id'))
    return job === undefined ? notFound(c) : c.json({ job_status: job })
  })

  app.notFound((c) => c.json({ error: 'InvalidEndpoint', description: 'Not found' }, 404))
  app.onError((error, c) =>
    c.json({ status: 500, error: 'Internal Server Error', sandbox: error.stack ?? error.message }, 500),
  )
  return {
    name: instance.name,
    kind: 'zendesk',
    maxBodyBytes: options.maxBodyBytes ?? 8_000_000,
    fetch: (request, env) => app.fetch(request, env),
    revoke: (exchange) => tokens.revoke(exchange.bearer),
    close: jobs.close,
  }
}

function me(instance: Instance, credentials: ZendeskCredentials): User & { authenticity_token: string } {
  const admin = instance.users.all().find((user) => user.role === 'admin' && user.active)
  const seed = { name: 'Integration', email: credentials.email, role: 'admin' as const, verified: true }
  return { ...(admin ?? userOf(1, seed, instance.userFields, instance.origin())), authenticity_token: 'sandbox' }
}

function anonymous(instance: Instance): { [key: string]: unknown } {
  const user = userOf(0, { name: 'Anonymous user' }, instance.userFields, instance.origin())
  return { ...user, id: null, url: null, authenticity_token: 'sandbox' }
}
