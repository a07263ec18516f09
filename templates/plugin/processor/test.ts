import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect, type JsonObject, type Source } from 'zds'
import { processorLaws, testLaws, testRun } from 'zds/testing'
import { examplePlugin } from './index.ts'

const rows: Source<JsonObject> = { name: 'rows', read: async function* () {} }
const ROWS = [
  { mail: 'Ada@example.com ', full_name: 'Ada', seats: 2 },
  { mail: 'bo@example.com', full_name: 'Bo', seats: 0 },
]
const world = () => ({ source: examplePlugin({ rows }), run: () => testRun({ rows: ROWS }) })

testLaws(test, 'example-plugin', processorLaws(world))

test('example-plugin makes a record of whoever has a seat, and says why there is no other', async () => {
  const { source, run } = world()
  assert.deepEqual(await collect(source.read(run())), [
    { kind: 'record', key: 'ada@example.com', fields: { email: 'ada@example.com', name: 'Ada' } },
    { kind: 'absent', key: 'bo@example.com', reason: 'no-seat' },
  ])
})

test('example-plugin names an option that it does not know', () => {
  const options = { rows, leest: 2 }
  assert.throws(() => examplePlugin(options), { code: 'CONFIG_INVALID' })
})
