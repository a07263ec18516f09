import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { isObject, type JsonObject } from 'zds'

const RESOURCES = { companies: 'name', contacts: 'email' } as const
type Resource = keyof typeof RESOURCES
export const KEY = 'desk-key'

/** What goes wrong with requests that write: once, or all of them. */
type Trouble = {
  /** The next ones are carried out, and their answers lost. */
  lost: number
  /** All are answered with this status and `Retry-After: 1`; nothing happens, unless it is 500. */
  status?: 401 | 429 | 500 | 503
  /** Called for each request that writes, once it is carried out and before it is answered. */
  written?: (count: number) => void
}

/**
 * A help desk in the manner of Freshdesk: UUIDs as ids, one write a request, names and addresses
 * that are unique (409), pages, and a body of errors by field. Addresses are kept in lower case.
 */
export async function startHelpdesk(seeds: { readonly [of in Resource]?: readonly JsonObject[] } = {}) {
  const tables = { companies: new Map<string, JsonObject>(), contacts: new Map<string, JsonObject>() }
  const requests: string[] = []
  const trouble: Trouble = { lost: 0 }
  let written = 0

  const put = (resource: Resource, id: string, given: JsonObject): JsonObject => {
    const { email } = given
    const row = {
      ...tables[resource].get(id),
      ...given,
      ...(typeof email === 'string' && { email: email.toLowerCase() }),
      id,
    }
    tables[resource].set(id, row)
    return row
  }
  /** Seeds under UUIDs that sort as they are listed. */
  for (const resource of ['companies', 'contacts'] as const)
    for (const seed of seeds[resource] ?? []) put(resource, randomUUID(), seed)

  const taken = (resource: Resource, given: JsonObject, id?: string): boolean => {
    const value = fold(given[RESOURCES[resource]])
    return (
      value !== '' &&
      [...tables[resource].values()].some((row) => row['id'] !== id && fold(row[RESOURCES[resource]]) === value)
    )
  }
  const save = (c: Context, resource: Resource, given: JsonObject, id?: string) => {
    if (id !== undefined && !tables[resource].has(id)) return c.body(null, 404)
    if (given['plan'] === 'refused') return invalid(c, 400, 'plan', 'It should be one of these values')
    if (taken(resource, given, id)) return invalid(c, 409, RESOURCES[resource], 'It should be a unique value')
    return c.json(put(resource, id ?? randomUUID(), given), id === undefined ? 201 : 200)
  }

  const app = new Hono()
  app.use(async (c, next) => {
    requests.push(`${c.req.method} ${c.req.path}`)
    if (c.req.header('authorization') !== `Basic ${btoa(`${KEY}:X`)}`)
      return c.json({ code: 'invalid_credentials', message: 'You have to be logged in' }, 401)
    if (c.req.method === 'GET') return next()
    const { status } = trouble
    if (status !== undefined && status !== 500)
      return c.json({ description: 'not now' }, status, { 'retry-after': '1' })
    await next()
    written += 1
    trouble.written?.(written)
    if (status === 500) c.res = c.json({ description: 'went wrong' }, 500, { 'retry-after': '1' })
    if (trouble.lost === 0) return
    trouble.lost -= 1
    c.res = new Response('{', { status: 200, headers: { 'content-type': 'application/json' } })
  })
  for (const resource of ['companies', 'contacts'] as const) {
    const path = `/api/v2/${resource}`
    app.get(path, (c) => {
      const [page, size] = [Number(c.req.query('page') ?? 1), Number(c.req.query('per_page') ?? 30)]
      const all = [...tables[resource].values()]
      const more = page * size < all.length
      c.header('x-total-count', String(all.length))
      if (more) c.header('link', `<${path}?page=${page + 1}>; rel="next"`)
      return c.json(all.slice((page - 1) * size, page * size))
    })
    app.get(`${path}/:id`, (c) => {
      const row = tables[resource].get(c.req.param('id'))
      return row === undefined ? c.body(null, 404) : c.json(row)
    })
    app.post(path, async (c) => save(c, resource, await bodyOf(c)))
    app.put(`${path}/:id`, async (c) => save(c, resource, await bodyOf(c), c.req.param('id')))
  }

  const { server, url } = await listening(app)
  return {
    url,
    tables,
    requests,
    trouble,
    put,
    writes: () => requests.filter((request) => !request.startsWith('GET')).length,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

export type Helpdesk = Awaited<ReturnType<typeof startHelpdesk>>

const fold = (value: JsonObject[string] | undefined): string =>
  typeof value === 'string' ? value.trim().toLowerCase() : ''

async function bodyOf(c: Context): Promise<JsonObject> {
  const body = await c.req.json<JsonObject>()
  return isObject(body) ? body : {}
}

const invalid = (c: Context, status: 400 | 409, field: string, message: string) =>
  c.json(
    {
      description: 'Validation failed',
      errors: [{ field, message, code: status === 409 ? 'duplicate_value' : 'invalid_value' }],
    },
    status,
  )

async function listening(app: Hono): Promise<{ server: ReturnType<typeof serve>; url: string }> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({ server, url: `http://127.0.0.1:${port}` }),
    )
  })
}
