import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import {
  batches,
  collect,
  differingFields,
  http,
  isObject,
  text,
  typesOf,
  ZdsError,
  type Change,
  type Existing,
  type Json,
  type JsonObject,
  type Outcome,
  type Request,
  type Run,
  type Target,
} from 'zds'

/** A target whose requests are data. */
export type RequestTarget = Extract<Target, { readonly write: unknown }>

/** A row that ties somebody to a group: there is nothing in it to mark. */
export const membership = { pair: text('Pair'), role: text('Role') }

const PAGE = 4

type Row = {
  readonly id: string
  readonly version: number
  readonly pair: string
  readonly role: string
  readonly note: string
}

/**
 * A desk with rows under UUIDs, one write a request, and a version for each row (If-Match); and the
 * target over it.
 */
export async function startDesk(seeds: readonly { readonly pair: string; readonly role: string }[]) {
  const rows = new Map<string, Row>()
  const requests: string[] = []
  /** How many of the next answers are lost; the status of all of them, where it is not 200. */
  const trouble: { lost: number; status?: 401 | 429 | 503 } = { lost: 0 }
  const put = (row: Row): Row => {
    rows.set(row.id, row)
    return row
  }
  for (const seed of seeds) put({ id: randomUUID(), version: 1, note: 'by hand', ...seed })

  const app = new Hono()
  app.use(async (c, next) => {
    requests.push(`${c.req.method} ${c.req.path}`)
    if (c.req.method === 'GET') return next()
    if (trouble.status !== undefined) return c.json({ error: 'not now' }, trouble.status, { 'retry-after': '1' })
    await next()
    if (trouble.lost === 0) return
    trouble.lost -= 1
    c.res = new Response('{', { status: 200, headers: { 'content-type': 'application/json' } })
  })
  app.get('/rows', (c) => {
    const ids = c.req.query('ids')?.split(',')
    const found = [...rows.values()].filter(({ id }) => ids?.includes(id) ?? true)
    const start = Number(c.req.query('start') ?? 0)
    return c.json({ total: found.length, rows: found.slice(start, start + PAGE) })
  })
  app.post('/rows', async (c) => {
    const given = await c.req.json<Pick<Row, 'pair' | 'role'>>()
    const taken = [...rows.values()].some(({ pair }) => pair === given.pair)
    if (taken) return c.json({ error: 'pair is taken' }, 422)
    return c.json(put({ id: randomUUID(), version: 1, note: '', ...given }), 201)
  })
  app.put('/rows/:id', async (c) =>
    changing(c, async (row) => {
      const given = await c.req.json<Partial<Row>>()
      return given.role === 'refused' ? undefined : put({ ...row, ...given, version: row.version + 1 })
    }),
  )
  app.delete('/rows/:id', (c) =>
    changing(c, async (row) => {
      rows.delete(row.id)
      return row
    }),
  )
  const changing = async (c: Context, change: (row: Row) => Promise<Row | undefined>) => {
    const row = rows.get(c.req.param('id') ?? '')
    if (row === undefined) return c.json({ error: 'gone' }, 404)
    if (c.req.header('if-match') !== String(row.version)) return c.json({ error: 'changed' }, 412)
    const made = await change(row)
    return made === undefined ? c.json({ error: 'bad role' }, 422) : c.json(made)
  }

  const { server, url } = await new Promise<{ server: ReturnType<typeof serve>; url: string }>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({ server: started, url: `http://127.0.0.1:${port}` }),
    )
  })
  return {
    target: deskTarget(url),
    rows,
    requests,
    trouble,
    writes: () => requests.filter((request) => !request.startsWith('GET')).length,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** A target of requests as data: conditional writes, and removals. */
function deskTarget(url: string): RequestTarget {
  const types = typesOf(membership)
  const send = http({ service: 'desk', policy: { timeoutMs: 2_000, attempts: 1, baseDelayMs: 1 } })
  const call = async (
    method: Request['method'],
    path: string,
    run: Run,
    more: Partial<Request> = {},
  ): Promise<JsonObject> => {
    const { body } = await send({ method, url: `${url}${path}`, repeatable: method === 'GET', ...more }, run)
    if (isObject(body)) return body
    throw new ZdsError('HTTP_UNREADABLE', 'desk: an answer is no object')
  }
  async function* list(query: string, run: Run, start = 0): AsyncGenerator<Existing> {
    const { rows, total } = await call('GET', `/rows?start=${start}${query}`, run)
    for (const row of Array.isArray(rows) ? rows.filter((one: Json) => isObject(one)) : []) yield existingOf(row)
    if (start + PAGE < Number(total)) yield* list(query, run, start + PAGE)
  }
  async function write({ op, key, id = '', version = '', fields }: Change, run: Run): Promise<Outcome> {
    const headers = { 'content-type': 'application/json', 'if-match': version }
    const body = JSON.stringify(Object.fromEntries(Object.entries(fields).map(([field, { to }]) => [field, to])))
    if (op === 'remove') await call('DELETE', `/rows/${id}`, run, { headers })
    const made =
      op === 'remove'
        ? { id }
        : await (op === 'create'
            ? call('POST', '/rows', run, { headers, body })
            : call('PUT', `/rows/${id}`, run, { headers, body }))
    return { key, status: 'done', id: textOf(made['id']) }
  }
  return {
    name: 'desk',
    instance: 'desk',
    resource: 'memberships',
    types,
    ops: ['create', 'update', 'retire', 'remove'],
    staleness: 'condition',
    address: () => url,
    read: async function* (run) {
      const all = await collect(list('', run))
      run.expect(all.length)
      yield* all
    },
    refetch: async function* (ids, run) {
      for (const some of batches(ids, 50)) yield* list(`&ids=${some.join(',')}`, run)
    },
    write: { batch: 1, parallel: 3, send: (changes, run) => Promise.all(changes.map((change) => write(change, run))) },
    settle: async function* (sent, run) {
      const all = await collect(list('', run))
      for (const { change } of sent) {
        const { op, key, id } = change
        const one = all.find((row) =>
          id === undefined ? row.fields['pair'] === change.fields['pair']?.to : row.id === id,
        )
        if (op === 'remove' && one === undefined) yield { key, status: 'done', id: id ?? '' }
        if (op !== 'remove' && one !== undefined && differingFields(change, 'to', one, types).length === 0)
          yield { key, status: 'done', id: one.id }
      }
    },
  }
}

function existingOf({ id, version, pair = null, role = null }: JsonObject): Existing {
  return { id: textOf(id), version: textOf(version), fields: { pair, role } }
}

const textOf = (value: Json = ''): string => (typeof value === 'string' ? value : JSON.stringify(value))
