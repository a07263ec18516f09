import { http, parseJson, records, text, unmatchedKeys, type Json, type JsonObject, type Source } from 'zds'
import { describeSource, type SourceCase } from '../../conformance/source.ts'
import { serverOf } from '../../support/server.ts'
import { held, sourceOf, targetOf } from '../../support/syncs.ts'
import { testRun } from '../../support/time.ts'

const fields = { salesforce_id: text('Id'), name: text('Name') }

function caseOf(
  source: Source,
  inputs: Record<string, readonly Json[]> = {},
  requests?: () => number,
): Promise<SourceCase> {
  return Promise.resolve({
    source,
    run: () => {
      const run = testRun(inputs)
      return { run, abort: run.abort }
    },
    ...(requests && { requests }),
  })
}

describeSource('records made by a field table', () => {
  const rows = sourceOf<JsonObject>('rows')
  const elsewhere = sourceOf<JsonObject>('elsewhere')
  return caseOf(
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

describeSource('keys as a source', () => {
  const rows = sourceOf<JsonObject>('rows')
  const keys = unmatchedKeys({ target: targetOf(), field: 'salesforce_id', rows, column: 'Id' })
  return caseOf(
    { name: 'keys', ...keys },
    { rows: [{ Id: 'A' }], organizations: [held('1', 'A'), held('2', 'B'), held('3', 'C')] },
  )
})

describeSource('a source written over core’s own HTTP', async () => {
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
  return caseOf(pages, {}, () => server.received.length)
})
