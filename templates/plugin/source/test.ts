import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { collect } from 'zds'
import { settingOf, sourceLaws, testLaws, testRun } from 'zds/testing'
import { examplePlugin } from './index.ts'

/** The service, with rows of its own, on a free port. */
async function service(rows: readonly object[]) {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    const query = new URL(request.url ?? '', 'http://here').searchParams
    const [page, size] = [Number(query.get('page')), Number(query.get('per_page'))]
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(rows.slice((page - 1) * size, page * size)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  const source = examplePlugin({
    name: 'items',
    url: settingOf('EXAMPLE_PLUGIN_URL', `http://127.0.0.1:${port}`),
    token: settingOf('EXAMPLE_PLUGIN_TOKEN', 'a-token'),
    pageSize: 2,
  })
  return { source, run: testRun, requests: () => requests, close: () => void server.close() }
}

const ROWS = [
  { id: 1, name: 'Ada' },
  { id: 2, name: 'Bo' },
  { id: 3, name: 'Cy' },
]

testLaws(
  test,
  'example-plugin',
  sourceLaws(() => service(ROWS)),
)

test('example-plugin reads all pages, in their order', async (t) => {
  const { source, run, close } = await service(ROWS)
  t.after(close)
  assert.deepEqual(await collect(source.read(run())), ROWS)
})

test('example-plugin names an option that it does not know', () => {
  const options = { name: 'items', url: settingOf('URL', ''), token: settingOf('TOKEN', ''), pagesize: 2 }
  assert.throws(() => examplePlugin(options), { code: 'CONFIG_INVALID' })
})
