import {
  checkOptions,
  http,
  httpPolicy,
  limiter,
  settingSchema,
  type RunEnd,
  type HttpPolicy,
  type JsonObject,
  type Observer,
  type Setting,
} from 'zds'

export type ExamplePluginOptions = {
  /** Who is told, by a POST; nobody where it is not set. */
  readonly url: Setting
  /** Only of runs in which something is left to do (default false). */
  readonly onlyTrouble?: boolean
  readonly http?: HttpPolicy
}

const schema = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: { url: settingSchema, onlyTrouble: { type: 'boolean' }, http: {} },
}

/** Tells an address how each run ended: numbers, no data of a record. */
export function examplePlugin(options: ExamplePluginOptions): Observer {
  checkOptions('example-plugin', schema, options)
  const { url, onlyTrouble = false, http: policy = httpPolicy() } = options
  const request = http({
    service: 'example-plugin',
    policy,
    limiter: limiter({ service: 'example-plugin', concurrency: 1 }),
  })
  return {
    kind: 'observer',
    ended: async (ended, run) => {
      const to = url.peek()
      const told = summary(ended)
      if (to === undefined || (onlyTrouble && told['status'] === 'done' && told['notDone'] === 0)) return
      const headers = { 'content-type': 'application/json' }
      await request({ method: 'POST', url: to, body: JSON.stringify(told), headers }, run)
    },
  }
}

function summary({ run, status, endedAt, plan, outcomes }: RunEnd): JsonObject {
  const planned = plan.syncs.reduce((sum, { changes }) => sum + changes.length, 0)
  const done = [...outcomes.values()].flat().filter((outcome) => outcome.status === 'done').length
  return { run, status, endedAt, done, notDone: planned - done }
}
