import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { checkbox, name, text, type Change, type JsonObject } from 'zds'
import { settingOf, targetLaws, testLaws, testRun } from 'zds/testing'
import { examplePlugin } from './index.ts'

const fields = { email: text(), name: name(), active: checkbox() }
const person = (n: number) => ({ id: n, email: `p${n}@example.com`, name: `Person ${n}`, active: true, note: 'kept' })

/** The service with five records on a free port, and what goes wrong there. */
async function world() {
  const records = new Map<string, JsonObject>([1, 2, 3, 4, 5].map((n) => [String(n), person(n)]))
  let writes = 0
  let lost = false
  let refusing: 401 | 429 | 503 | undefined

  function answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' })
    response.end(JSON.stringify(body))
  }
  async function write(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (refusing !== undefined) return answer(response, refusing, {})
    writes += 1
    const values = (await json(request)) as JsonObject // what the plugin sends
    if (values['name'] === 'refused') return answer(response, 422, { error: 'This name is refused' })
    const id = /\/items\/(\w+)/.exec(request.url ?? '')?.[1] ?? String(records.size + 1)
    const record = { id: Number(id), ...records.get(id), ...values }
    records.set(id, record)
    if (lost) response.destroy()
    else answer(response, 200, record)
    lost = false
  }
  const server = createServer((request, response) => {
    if (request.method === 'GET') answer(response, 200, [...records.values()])
    else void write(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port

  const target = examplePlugin({
    name: 'people',
    url: settingOf('EXAMPLE_PLUGIN_URL', `http://127.0.0.1:${port}`),
    token: settingOf('EXAMPLE_PLUGIN_TOKEN', 'a-token'),
    fields,
    unique: 'email',
  })
  return {
    target,
    run: testRun,
    size: () => records.size,
    gone: '99',
    create: (count: number) => Array.from({ length: count }, (_, n) => create(`new${n}@example.com`, `New ${n}`)),
    update: (count: number) => Array.from({ length: count }, (_, n) => rename(n + 1, `Renamed ${n + 1}`)),
    retire: (count: number) => Array.from({ length: count }, (_, n) => retire(n + 1)),
    refused: (op: 'create' | 'update') =>
      op === 'create' ? create('bad@example.com', 'refused') : rename(4, 'refused'),
    edit: async ({ id = '' }: Change) => void records.set(id, { ...records.get(id), name: 'By Hand', active: false }),
    lose: () => void (lost = true),
    answer: (status: 401 | 429 | 503) => void (refusing = status),
    untouched: ({ id = '', fields: named }: Change) =>
      Object.fromEntries(Object.entries(records.get(id) ?? {}).filter(([field]) => !(field in named))),
    writes: () => writes,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

const create = (email: string, called: string): Change => ({
  op: 'create',
  key: email,
  fields: { email: { from: null, to: email }, name: { from: null, to: called } },
})
const rename = (n: number, to: string): Change => ({
  op: 'update',
  key: person(n).email,
  id: String(n),
  fields: { name: { from: person(n).name, to } },
})
const retire = (n: number): Change => ({
  op: 'retire',
  key: person(n).email,
  id: String(n),
  fields: { active: { from: true, to: false } },
  reason: 'gone',
})

testLaws(test, 'example-plugin', targetLaws(world))

test('example-plugin names an option that it does not know', () => {
  const options = { name: 'people', url: settingOf('URL', ''), token: settingOf('TOKEN', ''), fields, unique: 'email' }
  assert.throws(() => examplePlugin({ ...options, uniqe: 'email' } as never), { code: 'CONFIG_INVALID' })
})
