import { test } from 'vitest'
import { http, parseJson, records, text, unmatchedKeys, type Json, type JsonObject, type Source } from 'zds'
import { processorLaws, sourceLaws, testLaws, testRun } from 'zds/testing'
import { serverOf } from '../../support/server.ts'
import { held, sourceOf, targetOf } from '../../support/syncs.ts'

const fields = { salesforce_id: text('Id'), name: text('Name') }

const worldOf = <Of extends Source>(source: Of, inputs: Record<string, readonly Json[]> = {}) => ({
  source,
  run: () => testRun(inputs),
})

const recordsLaws = processorLaws(() => {
  const rows = sourceOf<JsonObject>('rows')
  const elsewhere = sourceOf<JsonObject>('elsewhere')
  return worldOf(
    records({
      name: 'partner-accounts',
      rows,
      key: 'Id',
      fields,
      elsewhere: { rows: elsewhere, reason: 'gone-on', means: 'is elsewhere' },
    }),
    {
      rows: [{ Id: 'A', Name: 'Acme' }, { Id: 'B' }],
      elsewhere: [{ Id: 'C' }],
    },
  )
})

const keysLaws = sourceLaws(() => {
  const rows = sourceOf<JsonObject>('rows')
  const keys = unmatchedKeys({ target: targetOf(), field: 'salesforce_id', rows, column: 'Id' })
  return worldOf(
    { name: 'keys', ...keys },
    { rows: [{ Id: 'A' }], organizations: [held('1', 'A'), held('2', 'B'), held('3', 'C')] },
  )
})

const pagesLaws = sourceLaws(async () => {
  const server = await serverOf((response, { url }) => {
    const page = Number(new URL(url ?? '', 'http://x').searchParams.get('page'))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ rows: [{ page }], count: 3 }))
  })
  const send = http({ service: 'pages', policy: { timeoutMs: 2000, attempts: 1, baseDelayMs: 1 } })
  const pages: Source = {
    name: 'pages',
    read: async function* (run) {
      for (let page = 0; page < 3; page += 1) {
        const { text: body } = await send({ method: 'GET', url: `${server.url}/?page=${page}` }, run)
        const { rows, count } = parseJson(body) as { rows: Json[]; count: number } // what the server above answers
        run.expect(count)
        yield* rows
      }
    },
  }
  return { ...worldOf(pages), requests: () => server.received.length }
})

testLaws(test, 'records made by a field table', recordsLaws)
testLaws(test, 'keys as a source', keysLaws)
testLaws(test, 'a source written over core’s own HTTP', pagesLaws)
