import {
  baseUrl,
  checkOptions,
  http,
  httpPolicy,
  isObject,
  limiter,
  settingSchema,
  unset,
  ZdsError,
  type HttpPolicy,
  type JsonObject,
  type Setting,
  type Source,
} from 'zds'

export type ExamplePluginOptions = {
  /** The name of the source, in stages and messages. */
  readonly name: string
  readonly url: Setting
  readonly token: Setting
  /** How many rows a request asks for (default 100). */
  readonly pageSize?: number
  readonly http?: HttpPolicy
}

const schema = {
  type: 'object',
  required: ['name', 'url', 'token'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    url: settingSchema,
    token: settingSchema,
    pageSize: { type: 'integer', minimum: 1, maximum: 1000 },
    http: {},
  },
}

/** The rows of `GET /items?page=N&per_page=M`, which answers a list; the last page is not full. */
export function examplePlugin(options: ExamplePluginOptions): Source<JsonObject> {
  checkOptions('example-plugin', schema, options)
  const { name, url, token, pageSize = 100, http: policy = httpPolicy() } = options
  const request = http({
    service: name,
    policy,
    limiter: limiter({ service: name, concurrency: 2 }),
    authorize: async () => ({ authorization: `Bearer ${token.read()}` }),
  })
  return {
    name,
    check: async () => unset(url, token),
    read: async function* (run) {
      run.signal.throwIfAborted()
      for (let page = 1; ; page += 1) {
        const path = `/items?page=${page}&per_page=${pageSize}`
        const { body } = await request({ method: 'GET', url: `${baseUrl(url)}${path}` }, run)
        if (!Array.isArray(body)) throw new ZdsError('HTTP_UNREADABLE', `${name}: ${path} answered no list`)
        yield* body.filter(isObject)
        if (body.length < pageSize) return
      }
    },
  }
}
