import {
  baseUrl,
  collect,
  differingFields,
  http,
  HttpError,
  httpPolicy,
  isObject,
  limiter,
  normalise,
  typesOf,
  ZdsError,
  type Answer,
  type Change,
  type Existing,
  type FieldTable,
  type Json,
  type JsonObject,
  type Request,
  type Run,
  type Setting,
  type Target,
  type TypesOf,
} from 'zds'

const PAGE = 100

type DeskOptions<Table extends FieldTable> = {
  readonly url: Setting
  readonly key: Setting
  readonly resource: 'companies' | 'contacts'
  readonly fields: Table
  /**
   * The field whose values the desk wants to be unique: by it a record is found whose id nobody was
   * told.
   */
  readonly unique: keyof Table & string
}

/**
 * The companies or the contacts of a help desk: UUIDs as ids, one write a request, 409 for a value
 * that is taken, pages, and neither bulk reads nor versions.
 */
export function desk<const Table extends FieldTable>(options: DeskOptions<Table>): Target<TypesOf<Table>> {
  const { url, key, resource, fields, unique } = options
  const types = typesOf(fields)
  const path = `/api/v2/${resource}`
  const call = caller(url, key)

  const existing = (row: JsonObject): Existing => {
    const values = Object.entries(types).map(([field, type]) => [field, normalise(type, row[field])] as const)
    return { id: textIn(row, 'id'), fields: Object.fromEntries(values) }
  }

  async function* read(run: Run): AsyncGenerator<Existing> {
    for (let page = 1; ; page += 1) {
      const { body, headers } = await call({ method: 'GET', path: `${path}?page=${page}&per_page=${PAGE}` }, run)
      const rows = Array.isArray(body) ? body.filter((row: Json) => isObject(row)) : []
      if (page === 1) run.expect(Number(headers.get('x-total-count')))
      for (const row of rows) yield existing(row)
      if (!(headers.get('link') ?? '').includes('rel="next"')) return
    }
  }

  const write = async ({ key: of, id, fields: named }: Change, run: Run) => {
    const body = JSON.stringify(Object.fromEntries(Object.entries(named).map(([field, { to }]) => [field, to])))
    const request =
      id === undefined ? ({ method: 'POST', path } as const) : ({ method: 'PUT', path: `${path}/${id}` } as const)
    const answer = await call({ ...request, body }, run)
    return { key: of, status: 'done', id: textIn(answer.body, 'id') } as const
  }

  return {
    name: `desk-${resource}`,
    instance: 'desk',
    resource,
    types,
    ops: ['create', 'update', 'retire'],
    staleness: 'batch',
    mayBeEmpty: true,
    address: () => url.peek()?.replace(/\/+$/, '') ?? '',
    read,
    refetch: async function* (ids, run) {
      for (const id of ids) {
        const found = await call({ method: 'GET', path: `${path}/${id}` }, run).catch(unlessGone)
        if (isObject(found?.body)) yield existing(found.body)
      }
    },
    write: { batch: 1, parallel: 4, send: (changes, run) => Promise.all(changes.map((change) => write(change, run))) },
    settle: async function* (sent, run) {
      const all = await collect(read(run))
      for (const { change } of sent) {
        const one = all.find((record) => isMeant(change, record, unique))
        if (one !== undefined && differingFields(change, 'to', one, types).length === 0)
          yield { key: change.key, status: 'done', id: one.id }
      }
    },
  }
}

/** Who looks for a record that is gone gets 404. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof HttpError) || error.status !== 404) throw error
}

const isMeant = ({ id, fields }: Change, record: Existing, unique: string): boolean =>
  id === undefined ? record.fields[unique] === fields[unique]?.to : record.id === id

type Call = Pick<Request, 'method'> & { readonly path: string; readonly body?: string }

/** Sends requests with the key. */
function caller(url: Setting, key: Setting) {
  const pace = limiter({ service: 'desk', concurrency: 4 })
  return async ({ method, path, body }: Call, run: Run): Promise<Answer> => {
    const send = http({
      service: 'desk',
      policy: httpPolicy(),
      limiter: pace,
      authorize: async () => ({ authorization: `Basic ${btoa(`${key.read()}:X`)}` }),
      explain: (said) => (isObject(said) ? wordsIn(said) : undefined),
    })
    const headers = { 'content-type': 'application/json' }
    return send({ method, url: `${baseUrl(url)}${path}`, headers, ...(body !== undefined && { body }) }, run)
  }
}

/** What the desk says of each field: `name: It should be a unique value`. */
function wordsIn({ description, errors }: JsonObject): string | undefined {
  const each = Array.isArray(errors) ? errors.filter((one: Json) => isObject(one)) : []
  if (each.length === 0) return typeof description === 'string' ? description : undefined
  return each.map((one) => `${textIn(one, 'field')}: ${textIn(one, 'message')}`).join('; ')
}

function textIn(body: Json, name: string): string {
  const value = isObject(body) ? body[name] : undefined
  if (typeof value === 'string') return value
  throw new ZdsError('HTTP_UNREADABLE', `desk: an answer has no ${name}`)
}
