import {
  baseUrl,
  checkOptions,
  collect,
  differingFields,
  http,
  httpPolicy,
  isObject,
  keyOf,
  limiter,
  normalise,
  settingSchema,
  typesOf,
  unset,
  ZdsError,
  type Change,
  type Existing,
  type FieldTable,
  type HttpPolicy,
  type JsonObject,
  type Outcome,
  type Run,
  type Setting,
  type Target,
  type TypesOf,
} from 'zds'

export type ExamplePluginOptions<Table extends FieldTable> = {
  /** The name of the instance, in stages and messages. */
  readonly name: string
  readonly url: Setting
  readonly token: Setting
  /** The fields that are kept in step. */
  readonly fields: Table
  /** The field by which a record is known whose id nobody was told. */
  readonly unique: keyof Table & string
  readonly http?: HttpPolicy
}

const schema = {
  type: 'object',
  required: ['name', 'url', 'token', 'fields', 'unique'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    url: settingSchema,
    token: settingSchema,
    fields: { type: 'object' },
    unique: { type: 'string' },
    http: {},
  },
}

/**
 * The records of a small JSON API: `GET /items` lists them all, `POST /items` makes one,
 * `PUT /items/ID` changes one, and both answer it.
 */
export function examplePlugin<const Table extends FieldTable>(
  options: ExamplePluginOptions<Table>,
): Target<TypesOf<Table>> {
  checkOptions('example-plugin', schema, options)
  const { name, url, token, fields, unique, http: policy = httpPolicy() } = options
  const types = typesOf(fields)
  const request = http({
    service: name,
    policy,
    limiter: limiter({ service: name, concurrency: 2 }),
    authorize: async () => ({ authorization: `Bearer ${token.read()}` }),
  })

  async function* read(run: Run): AsyncGenerator<Existing> {
    const { body } = await request({ method: 'GET', url: `${baseUrl(url)}/items` }, run)
    if (!Array.isArray(body)) throw new ZdsError('HTTP_UNREADABLE', `${name}: GET /items answered no list`)
    run.expect(body.length)
    for (const row of body.filter(isObject)) yield existing(row)
  }

  const existing = (row: JsonObject): Existing => ({
    id: keyOf(row['id'] ?? null),
    fields: Object.fromEntries(Object.entries(types).map(([field, type]) => [field, normalise(type, row[field])])),
  })

  async function write({ key, id, fields: named }: Change, run: Run): Promise<Outcome> {
    const values = Object.fromEntries(Object.entries(named).map(([field, { to }]) => [field, to]))
    const place = id === undefined ? '/items' : `/items/${id}`
    const method = id === undefined ? 'POST' : 'PUT'
    const sent = { body: JSON.stringify(values), headers: { 'content-type': 'application/json' } }
    const { body } = await request({ method, url: `${baseUrl(url)}${place}`, ...sent }, run)
    if (!isObject(body)) throw new ZdsError('HTTP_UNREADABLE', `${name}: ${method} ${place} answered no record`)
    return { key, status: 'done', id: keyOf(body['id'] ?? null) }
  }

  return {
    name,
    instance: name,
    resource: 'items',
    types,
    ops: ['create', 'update', 'retire'],
    staleness: 'batch',
    address: () => url.peek()?.replace(/\/+$/, '') ?? '',
    check: async () => unset(url, token),
    read,
    refetch: async function* (ids, run) {
      for await (const one of read(run)) if (ids.includes(one.id)) yield one
    },
    write: {
      batch: 1,
      parallel: 2,
      send: (changes, run) => Promise.all(changes.map((change) => write(change, run))),
    },
    // What became of changes whose answer was lost: what is there now tells.
    settle: async function* (sent, run) {
      const all = await collect(read(run))
      for (const { change } of sent) {
        const { key, id, fields: named } = change
        const one = all.find((other) =>
          id === undefined ? other.fields[unique] === named[unique]?.to : other.id === id,
        )
        if (one !== undefined && differingFields(change, 'to', one, types).length === 0)
          yield { key, status: 'done', id: one.id }
      }
    },
  }
}
