import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Hono } from 'hono'
import { serve, type ServerType } from '@hono/node-server'
import { afterAll, expect, test } from 'vitest'
import {
  checkbox,
  text,
  type Change,
  type FieldTable,
  type JsonObject,
  type Observer,
  type Source,
  type Sync,
  type Target,
} from 'zds'
import { observerLaws, processorLaws, settingOf, targetLaws, testLaws, testRun } from 'zds/testing'
import { targetOf } from '../support/syncs.ts'
import { blocksOf, page, ROOT } from './pages.ts'
import { typeErrorsIn } from './types.ts'

/** The modules that the page shows whole: each begins with its name. */
const directory = mkdtempSync(join(ROOT, 'test/.tmp-docs-'))
const files: string[] = []
for (const { language, text: body } of blocksOf(page('docs/write-a-plugin.md'))) {
  const name = /^\/\/ ([\w./-]+\.ts)\n/.exec(body)?.[1]
  if (language !== 'ts' || name === undefined) continue
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), body)
  files.push(name)
}
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** One of those modules. What it holds is what the page says, so its type is the caller's word. */
const load = async <Module>(name: string): Promise<Module> =>
  (await import(pathToFileURL(join(directory, name)).href)) as Module

test('the examples of write-a-plugin.md are of the types that they claim', async () => {
  expect(await typeErrorsIn(directory, files)).toBe('')
}, 60_000)

const setting = (value: string) => settingOf('DOCS_TEST', value)

test('the laws of the source of write-a-plugin.md run by node:test, as the page has them', async () => {
  const said = await new Promise<string>((resolve) => {
    const args = ['--test', '--test-reporter', 'tap', 'plugins/ndjson-source/laws.ts']
    execFile(process.execPath, args, { cwd: directory, env: { PATH: process.env['PATH'] } }, (_, out) => resolve(out))
  })
  expect(said).toMatch(/^# pass 11$/m)
  expect(said).toMatch(/^# fail 0$/m)
})

const contractors = processorLaws(async () => {
  const { contractorSync } = await load<{ contractorSync: (options: object) => Sync }>(
    'plugins/contractor-sync/index.ts',
  )
  const rows: Source = { name: 'rows', read: async function* () {} }
  const { desired } = contractorSync({ rows, people: targetOf({ types: { ...fields, kind: text() } }) })
  const of = (mail: string) => ({ mail, full_name: 'Ada' })
  return { source: desired, run: () => testRun({ rows: [of('ada@example.com'), of('bo@example.com')] }) }
})
const counts = observerLaws(async () => {
  const { lastRun } = await load<{ lastRun: (options: object) => Observer }>('plugins/last-run/index.ts')
  return { observer: lastRun({ path: setting(join(directory, 'last-run.json')) }), run: testRun }
})

const fields: FieldTable = { email: text(), name: text(), active: checkbox() }
const update = (n: number, name: string): Change => ({
  op: 'update',
  key: `p${n}@example.com`,
  id: String(n),
  fields: { name: { from: `Person ${n}`, to: name } },
})

const target = targetLaws(async () => {
  const { people } = await load<{ people: (options: object) => Target }>('plugins/people-target/index.ts')
  const records = new Map<string, JsonObject>(
    [1, 2, 3, 4, 5].map((n) => [
      String(n),
      { id: n, email: `p${n}@example.com`, name: `Person ${n}`, active: true, note: `note ${n}` },
    ]),
  )
  let writes = 0
  let lost = false
  /** What was written; cut off where the answer is to be lost. */
  const answer = (row: JsonObject): Response => {
    const text = JSON.stringify(row)
    const body = lost ? text.slice(0, 1) : text
    lost = false
    return new Response(body, { headers: { 'content-type': 'application/json' } })
  }
  let refusing: 401 | 429 | 503 | undefined
  const app = new Hono()
  app.use((c, next) =>
    refusing === undefined || c.req.method === 'GET'
      ? next()
      : Promise.resolve(c.json({ error: 'no' }, refusing, { 'retry-after': '1' })),
  )
  app.get('/people', (c) => c.json({ total: records.size, people: [...records.values()] }))
  app.post('/people', async (c) => {
    writes += 1
    const body = await c.req.json<JsonObject>()
    if (body['name'] === 'refused') return c.json({ error: 'bad name' }, 422)
    const id = records.size + 1
    records.set(String(id), { id, ...body })
    return answer({ id, ...body })
  })
  app.put('/people/:id', async (c) => {
    writes += 1
    const body = await c.req.json<JsonObject>()
    const id = c.req.param('id')
    if (body['name'] === 'refused') return c.json({ error: 'bad name' }, 422)
    const now = { ...records.get(id), ...body }
    records.set(id, now)
    return answer(now)
  })
  const { server, url } = await listen(app)
  return {
    target: people({ name: 'directory', url: setting(url), token: setting('token'), fields }),
    run: testRun,
    size: () => records.size,
    gone: '99',
    create: (count) =>
      Array.from({ length: count }, (_, n) => ({
        op: 'create',
        key: `new${n}@example.com`,
        fields: { email: { from: null, to: `new${n}@example.com` }, name: { from: null, to: `New ${n}` } },
      })),
    update: (count) => Array.from({ length: count }, (_, n) => update(n + 1, `Renamed ${n + 1}`)),
    refused: (op) =>
      op === 'create'
        ? { op, key: 'bad@example.com', fields: { name: { from: null, to: 'refused' } } }
        : update(4, 'refused'),
    retire: (count) =>
      Array.from({ length: count }, (_, n) => ({
        ...update(n + 1, ''),
        op: 'retire' as const,
        fields: { active: { from: true, to: false } },
      })),
    edit: async ({ id = '' }) => void records.set(id, { ...records.get(id), name: 'By Hand' }),
    lose: () => void (lost = true),
    answer: (status) => void (refusing = status),
    untouched: ({ id = '', fields: named }) =>
      Object.fromEntries(Object.entries(records.get(id) ?? {}).filter(([field]) => !(field in named))),
    writes: () => writes,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
})
testLaws(test, 'the target of write-a-plugin.md', target)
testLaws(test, 'the processor of write-a-plugin.md', contractors)
testLaws(test, 'the observer of write-a-plugin.md', counts)

function listen(app: Hono): Promise<{ server: ServerType; url: string }> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({ server, url: `http://127.0.0.1:${port}` }),
    )
  })
}
