import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type Fault, type Sandbox } from 'zds/sandbox'
import { finished, queryPath, salesforceClient, smallWorld, zendeskClient, type Answer, type Client } from './client.ts'

const children = Array.from({ length: 3 }, (_, n) => ({
  Id: `00300000000000${n}AAA`,
  Name: `C${n}`,
  AccountId: '001000000000001AAA',
}))
let sandbox: Sandbox
let zendesk: Client
let salesforce: Client
beforeEach(async () => {
  sandbox = await startSandbox({
    world: { ...smallWorld, salesforce: { ...smallWorld.salesforce, Contact: children } },
  })
  zendesk = await zendeskClient(sandbox)
  salesforce = await salesforceClient(sandbox)
})
afterEach(() => sandbox.close())

const count = (): Promise<Answer> => zendesk('GET', '/api/v2/organizations/count.json')
const create = (name: string): Promise<Answer> => zendesk('POST', '/api/v2/organizations', { organization: { name } })
const accounts = (): Promise<Answer> =>
  salesforce('GET', queryPath('SELECT Id, (SELECT Name FROM Contacts) FROM Account'))
const names = (): string[] => (sandbox.zendesk['global']?.organizations ?? []).map((organization) => organization.name)

describe('which request is met', () => {
  test('the first that matches, once', async () => {
    sandbox.faults.add({ service: 'global', kind: 'status', status: 500 })
    expect((await count()).status).toBe(500)
    expect((await count()).status).toBe(200)
    expect(sandbox.faults.fired).toMatchObject([
      {
        fault: { kind: 'status' },
        request: { service: 'global', path: '/api/v2/organizations/count', status: 500, fault: 'status' },
      },
    ])
  })

  test('the second and third with this method, path and body', async () => {
    sandbox.faults.add({
      service: 'zendesk',
      method: 'post',
      path: '/api/v2/organizations',
      body: 'Hit',
      at: 2,
      times: 2,
      kind: 'status',
      status: 409,
    })
    const statuses = []
    for (const name of ['Miss', 'Hit 1', 'Hit 2', 'Hit 3', 'Hit 4']) statuses.push((await create(name)).status)
    expect(statuses).toEqual([201, 201, 409, 409, 201])
  })

  test('all that fit a pattern, until they are cleared', async () => {
    sandbox.faults.add({
      service: 'salesforce',
      pattern: '/query\\?q=SELECT Id.* FROM Account',
      times: 0,
      kind: 'status',
      status: 503,
    })
    expect((await accounts()).body).toMatchObject([{ errorCode: 'SERVER_UNAVAILABLE' }])
    expect((await accounts()).status).toBe(503)
    expect((await salesforce('GET', queryPath('SELECT Name FROM User'))).status).toBe(200)
    sandbox.faults.clear()
    expect((await accounts()).status).toBe(200)
  })

  test.each([
    [{ service: 'zen', kind: 'reset' }, 'Fault.service: must be one of salesforce, slack, zendesk, global, not "zen"'],
    [{ service: 'global', kind: 'burn' }, 'Fault.kind: must be one of status, html, reset, cut'],
    [{ service: 'global', kind: 'reset', ms: 3 }, "Fault.ms: is not known for kind 'reset'"],
    [{ service: 'global', kind: 'latency' }, 'Fault.ms: is missing'],
    [{ service: 'global', kind: 'status' }, 'needs a status or a preset'],
    [{ service: 'global', kind: 'status', preset: 'x' }, 'Fault.preset: must be one of rate-limit'],
    [{ service: 'global', kind: 'kill', as: 'dead' }, 'Fault.as: must be one of killed, failed'],
    [{ service: 'global', kind: 'rows', rows: { id: [1] } }, 'Fault.rows.id: is not known; allowed: ids'],
    [{ service: 'global', kind: 'cut', pattern: '(' }, 'Fault.pattern: is no regular expression'],
    [{ service: 'global', kind: 'headers' }, 'Fault.headers: is missing'],
    [{ service: 'global', kind: 'headers', headers: { date: 5 } }, 'Fault.headers: must be an object of texts'],
    [{ service: 'global', kind: 'cut', at: 0 }, 'Fault.at: counts from 1'],
  ])('%o is refused', (fault, message) => {
    // The point is what happens to a fault that the compiler never saw.
    expect(() => sandbox.faults.add(fault as Fault)).toThrow(message)
  })
})

describe('status', () => {
  test.each([
    ['rate-limit', 429, '1', 'APIRateLimitExceeded'],
    ['rate-limit-no-header', 429, null, 'APIRateLimitExceeded'],
    ['rate-limit-text', 429, '1', 'Number of allowed API requests per minute exceeded'],
    ['rate-limit-html', 429, '1', '<html>'],
    ['edge', 429, null, 'edge protection'],
    ['conflict', 409, null, 'DatabaseConflict'],
    ['deadlock', 503, '1', 'DatabaseDeadlock'],
    ['unavailable', 503, '1', '<html>'],
    ['daily-limit', 403, null, 'TotalRequests Limit exceeded'],
    ['concurrent-limit', 403, null, 'ConcurrentRequests'],
    ['api-disabled', 403, null, 'API_DISABLED_FOR_ORG'],
    ['login-retry', 400, null, 'retry your request'],
    ['login-rate', 400, null, 'login rate exceeded'],
    ['invalid-record', 422, null, 'RecordInvalid'],
  ] as const)('preset %s', async (preset, status, retryAfter, text) => {
    sandbox.faults.add({ service: 'global', kind: 'status', preset })
    const answer = await count()
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe(retryAfter)
    expect(answer.text).toContain(text)
  })

  test('with headers and a body of its own; nothing is processed', async () => {
    sandbox.faults.add({
      service: 'global',
      kind: 'status',
      status: 418,
      retryAfter: 7,
      headers: { 'x-mine': 'yes' },
      responseBody: { tea: true },
    })
    const answer = await create('Never')
    expect(answer).toMatchObject({ status: 418, body: { tea: true } })
    expect([answer.headers.get('x-mine'), answer.headers.get('retry-after')]).toEqual(['yes', '7'])
    expect(names()).not.toContain('Never')
  })

  test('html, also with status 200', async () => {
    sandbox.faults.add({ service: 'global', kind: 'html' })
    sandbox.faults.add({ service: 'salesforce', kind: 'html', status: 200 })
    expect(await count()).toMatchObject({ status: 502, text: expect.stringContaining('<h1>') })
    const page = await accounts()
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })
})

describe('answers that are more than they seem', () => {
  test('redirect: to another host', async () => {
    sandbox.faults.add({ service: 'global', kind: 'status', preset: 'redirect' })
    const answer = await fetch(`${sandbox.zendesk['global']?.url}/api/v2/users/me`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([301, 'https://moved.example/'])
  })

  test('headers: processed, with these headers', async () => {
    const date = 'Mon, 16 Mar 2026 03:00:00 GMT'
    sandbox.faults.add({ service: 'global', kind: 'headers', headers: { date, 'ratelimit-reset': '1773655293' } })
    const answer = await create('With headers')
    expect([answer.status, answer.headers.get('date')]).toEqual([201, date])
    expect(answer.headers.get('ratelimit-reset')).toBe('1773655293')
    expect(names()).toContain('With headers')
    expect((await count()).headers.get('date')).not.toBe(date)
  })

  test('headers: of a refusal too', async () => {
    sandbox.faults.add({ service: 'global', kind: 'headers', headers: { 'x-mine': 'yes' } })
    sandbox.faults.add({ service: 'global', kind: 'status', status: 500 })
    const answer = await count()
    expect([answer.status, answer.headers.get('x-mine')]).toEqual([500, 'yes'])
  })

  test('large: JSON of so many bytes, which travels packed', async () => {
    sandbox.faults.add({ service: 'global', kind: 'large', bytes: 100_000 })
    const answer = await count()
    expect(answer.text).toHaveLength(100_003)
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'gzip'])
  })
})

describe('connections', () => {
  test('reset: destroyed before anything is processed', async () => {
    sandbox.faults.add({ service: 'global', method: 'POST', kind: 'reset' })
    await expect(create('Reset')).rejects.toThrow('fetch failed')
    expect(names()).not.toContain('Reset')
    expect(sandbox.requests.at(-1)).toMatchObject({ method: 'POST', status: 0, fault: 'reset' })
    expect((await create('Reset')).status).toBe(201)
  })

  test('lost: processed, then no answer', async () => {
    sandbox.faults.add({ service: 'global', method: 'POST', kind: 'lost' })
    await expect(create('Lost')).rejects.toThrow('fetch failed')
    expect(names()).toContain('Lost')
  })

  test('cut: processed, then half an answer', async () => {
    sandbox.faults.add({ service: 'global', method: 'POST', kind: 'cut' })
    await expect(create('Cut')).rejects.toThrow('terminated')
    expect(names()).toContain('Cut')
  })

  test('latency: processed later', async () => {
    sandbox.faults.add({ service: 'global', kind: 'latency', ms: 120 })
    const start = Date.now()
    expect((await count()).status).toBe(200)
    expect(Date.now() - start).toBeGreaterThanOrEqual(110)
  })

  test('expired: the token stays invalid, a new one works', async () => {
    sandbox.faults.add({ service: 'global', kind: 'expired' })
    sandbox.faults.add({ service: 'salesforce', kind: 'expired' })
    expect((await count()).status).toBe(401)
    expect((await count()).status).toBe(401)
    zendesk = await zendeskClient(sandbox)
    expect((await count()).status).toBe(200)
    expect((await accounts()).body).toMatchObject([{ errorCode: 'INVALID_SESSION_ID' }])
    expect((await accounts()).status).toBe(401)
    salesforce = await salesforceClient(sandbox)
    expect((await accounts()).status).toBe(200)
  })
})

describe('jobs', () => {
  const organizations = [11, 12, 13].map((id) => ({ id, notes: 'new' }))
  const run = async (): ReturnType<typeof finished> =>
    finished(zendesk, await zendesk('PUT', '/api/v2/organizations/update_many', { organizations }))
  const notes = (): (string | null)[] =>
    (sandbox.zendesk['global']?.organizations ?? []).map((organization) => organization.notes)

  test('rows: those chosen fail, the job is completed', async () => {
    sandbox.faults.add({
      service: 'global',
      kind: 'rows',
      rows: { external_ids: ['Key-2'], indexes: [2] },
      error: 'OrganizationUpdateFailed',
      details: 'Busy',
    })
    const job = await run()
    expect(job['status']).toBe('completed')
    expect(job['results']).toEqual([
      { action: 'update', id: 11, status: 'Updated', success: true },
      { index: 1, error: 'OrganizationUpdateFailed', id: 12, details: 'Busy' },
      { index: 2, error: 'OrganizationUpdateFailed', id: 13, details: 'Busy' },
    ])
    expect(notes()).toEqual(['new', null, 'by hand'])
    expect([...((await run())['results'] ?? [])].every((row) => Boolean(row['success']))).toBe(true)
  })

  test('rows: a job without such a row does not use the fault up', async () => {
    sandbox.faults.add({ service: 'global', kind: 'rows', rows: { names: ['Later'] } })
    await run()
    expect(sandbox.faults.fired).toEqual([])
    const job = await finished(
      zendesk,
      await zendesk('POST', '/api/v2/organizations/create_many', { organizations: [{ name: 'Later' }] }),
    )
    expect(job['results']).toEqual([{ index: 0, error: 'OrganizationCreateFailed', details: 'Database collision' }])
  })

  test('kill: some rows applied, no results', async () => {
    sandbox.faults.add({ service: 'global', kind: 'kill', applied: 1 })
    expect(await run()).toMatchObject({ status: 'killed', progress: 1, results: null })
    expect(notes()).toEqual(['new', null, 'by hand'])
    sandbox.faults.add({ service: 'global', kind: 'kill', as: 'failed', message: 'Out of memory' })
    expect(await run()).toMatchObject({ status: 'failed', message: 'Out of memory', results: null })
  })

  test('stuck: never ends, and keeps its place', async () => {
    sandbox.faults.add({ service: 'global', kind: 'stuck', applied: 2 })
    sandbox.faults.add({ service: 'global', kind: 'stuck', as: 'queued', at: 2 })
    await zendesk('PUT', '/api/v2/organizations/update_many', { organizations })
    await zendesk('PUT', '/api/v2/organizations/update_many', { organizations })
    await expect.poll(notes).toEqual(['new', 'new', 'by hand'])
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(sandbox.zendesk['global']?.jobs.map((job) => job.status)).toEqual(['working', 'queued'])
  })
})

describe('short', () => {
  test('Salesforce leaves out a row that it announced', async () => {
    sandbox.faults.add({ service: 'salesforce', kind: 'short', row: 0 })
    const answer = await accounts()
    expect(answer.body).toMatchObject({
      totalSize: 3,
      done: true,
      records: [{ attributes: { url: expect.stringContaining('002AAA') } }, {}],
    })
    expect((await accounts()).body['records']).toHaveLength(3)
  })

  test('or one of a child list; queries without the list do not count', async () => {
    sandbox.faults.add({ service: 'salesforce', kind: 'short', child: 'Contacts' })
    await salesforce('GET', queryPath('SELECT Id FROM Account'))
    const list = (await accounts()).body['records']?.[0]?.['Contacts']
    expect(list).toMatchObject({ totalSize: 3, done: true, records: [{ Name: 'C0' }, { Name: 'C1' }] })
    expect(list?.['records']).toHaveLength(2)
  })

  test('Zendesk leaves out a row of a list', async () => {
    sandbox.faults.add({ service: 'global', kind: 'short', path: 'page[size]' })
    const answer = await zendesk('GET', '/api/v2/organizations?page[size]=100')
    expect([...(answer.body['organizations'] ?? [])].map((row) => Number(row['id']))).toEqual([11, 12])
    expect((await count()).body).toMatchObject({ count: { value: 3 } })
  })
})

test('the log has no secrets', async () => {
  await count()
  const text = JSON.stringify(sandbox.requests)
  expect(text).toContain('client_credentials')
  for (const secret of ['sandbox-salesforce-secret', 'sandbox-global-secret', 'Bearer'])
    expect(text).not.toContain(secret)
})
