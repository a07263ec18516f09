import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import type { RunEnd } from 'zds'
import { observerLaws, settingOf, testLaws, testRun } from 'zds/testing'
import { examplePlugin, type ExamplePluginOptions } from './index.ts'

/** Whoever is told, on a free port, and what they were told. */
async function listener(options: Omit<ExamplePluginOptions, 'url'> = {}) {
  const told: unknown[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    told.push(await json(request))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  const url = settingOf('EXAMPLE_PLUGIN_URL', `http://127.0.0.1:${port}`)
  return { observer: examplePlugin({ url, ...options }), run: testRun, told, close: () => void server.close() }
}

const ENDED: RunEnd = {
  run: 'run-1',
  status: 'done',
  error: undefined,
  plan: { version: 1, createdAt: '2026-03-16T09:59:00.000Z', asOf: '2026-03-16', config: '', syncs: [], digest: '' },
  startedAt: '2026-03-16T10:00:00.000Z',
  endedAt: '2026-03-16T10:00:05.000Z',
  resumed: false,
  outcomes: new Map(),
}

testLaws(
  test,
  'example-plugin',
  observerLaws(() => listener()),
)

test('example-plugin tells how a run ended', async (t) => {
  const { observer, run, told, close } = await listener()
  t.after(close)
  await observer.ended?.(ENDED, run())
  assert.deepEqual(told, [{ run: 'run-1', status: 'done', endedAt: ENDED.endedAt, done: 0, notDone: 0 }])
})

test('example-plugin keeps quiet about a run without trouble where it shall', async (t) => {
  const { observer, run, told, close } = await listener({ onlyTrouble: true })
  t.after(close)
  await observer.ended?.(ENDED, run())
  await observer.ended?.({ ...ENDED, status: 'failed' }, run())
  assert.equal(told.length, 1)
})
