import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { type Client, finished, smallWorld, text, zendeskClient } from './client.ts'

let sandbox: Sandbox
let client: Client
beforeEach(async () => {
  sandbox = await startSandbox({ world: smallWorld, zendesk: { jobMs: { queued: 5, working: 5 } } })
  client = await zendeskClient(sandbox)
})
afterEach(() => sandbox.close())

/** Starts again with jobs that take longer than the machine may need for a request. */
async function slow(jobMs: { queued: number; working: number; perRow?: number }): Promise<void> {
  await sandbox.close()
  sandbox = await startSandbox({ world: smallWorld, zendesk: { jobMs } })
  client = await zendeskClient(sandbox)
}

const names = (): (string | undefined)[] | undefined =>
  sandbox.zendesk['global']?.organizations.map((organization) => organization.name)

test('a job is queued, works, and completes with a row for each record, in order', async () => {
  await slow({ queued: 300, working: 600 })
  const organizations = [{ name: 'One' }, { name: 'Zeta' }, { name: 'Two' }]
  const started = await client('POST', '/api/v2/organizations/create_many.json', { organizations })
  expect(started.status).toBe(200)
  expect(Object.keys(started.body['job_status'] ?? {})).toEqual([
    'id',
    'job_type',
    'url',
    'total',
    'progress',
    'status',
    'message',
    'results',
  ])
  expect(started.body['job_status']).toMatchObject({
    id: expect.stringMatching(/^V3-[0-9a-f]{32}$/),
    total: 3,
    progress: null,
    status: 'queued',
    results: null,
  })
  expect(started.headers.get('zendesk-ratelimit-inflight-jobs')).toBe('total=30; remaining=29; resets=60')
  expect(names()).not.toContain('One')
  await new Promise((resolve) => setTimeout(resolve, 350))
  const id = text(started.body['job_status']?.['id'])
  expect((await client('GET', `/api/v2/job_statuses/${id}`)).body).toMatchObject({
    job_status: { status: 'working', message: 'Creating organization #1', results: null },
  })

  const job = await finished(client, started)
  expect(job).toMatchObject({
    status: 'completed',
    progress: 3,
    message: expect.stringMatching(/^Completed at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/),
  })
  expect(job['results']).toEqual([
    { id: expect.any(Number), status: 'Created' },
    { index: 1, error: 'OrganizationCreateFailed', details: 'Name: Zeta has already been taken' },
    { id: expect.any(Number), status: 'Created' },
  ])
  expect(names()).toEqual(['Zeta', 'Alpha', 'Mid', 'One', 'Two'])
})

test('a job works longer for more rows', async () => {
  await slow({ queued: 0, working: 0, perRow: 150 })
  const organizations = [{ name: 'One' }, { name: 'Two' }, { name: 'Three' }]
  const began = performance.now()
  await finished(client, await client('POST', '/api/v2/organizations/create_many.json', { organizations }))
  expect(performance.now() - began).toBeGreaterThan(440)
})

describe('update_many', () => {
  test('one change each', async () => {
    const organizations = [
      { id: 11, notes: 'a' },
      { id: 99, notes: 'b' },
      { id: 12, name: 'mid' },
      { external_id: 'Key-2', notes: 'c' },
    ]
    const job = await finished(client, await client('PUT', '/api/v2/organizations/update_many', { organizations }))
    expect(job['results']).toEqual([
      { action: 'update', id: 11, status: 'Updated', success: true },
      { index: 1, error: 'OrganizationNotFound', id: 99, details: 'Not found' },
      { index: 2, error: 'OrganizationUpdateFailed', id: 12, details: 'Name: mid has already been taken' },
      { index: 3, error: 'OrganizationNotFound', id: 0, details: 'Not found' },
    ])
    expect(job['status']).toBe('completed')
  })

  test('the same change for all, by ids or external ids', async () => {
    const organization = { organization_fields: { hold: true } }
    await finished(client, await client('PUT', '/api/v2/organizations/update_many?ids=11,12', { organization }))
    await finished(
      client,
      await client('PUT', '/api/v2/organizations/update_many?external_ids=key-1', { organization: { notes: 'x' } }),
    )
    const all = sandbox.zendesk['global']?.organizations
    expect(all?.map((item) => item.organization_fields['hold'])).toEqual([true, true, false])
    expect(all?.[0]?.notes).toBe('x')
    expect((await client('PUT', '/api/v2/organizations/update_many?ids=11', {})).status).toBe(400)
  })

  test('an empty body is accepted and changes nothing', async () => {
    const job = await finished(client, await client('PUT', '/api/v2/organizations/update_many.json'))
    expect(job).toMatchObject({ status: 'completed', total: 0, results: [] })
  })

  test('more than 100 rows are too many', async () => {
    const organizations = Array.from({ length: 101 }, (_, id) => ({ id }))
    const answer = await client('PUT', '/api/v2/organizations/update_many', { organizations })
    expect(answer).toMatchObject({
      status: 400,
      body: { error: 'TooManyValues', description: 'Parameter  cannot specify more than 100 values', max_count: 100 },
    })
  })
})

test('destroy_many', async () => {
  const job = await finished(client, await client('DELETE', '/api/v2/organizations/destroy_many?ids=11,99'))
  expect(job['results']).toEqual([
    { action: 'delete', id: 11, status: 'Deleted', success: true },
    { index: 1, error: 'OrganizationNotFound', id: 99, details: 'Not found' },
  ])
})

test('jobs are shown one by one, many at once, and listed', async () => {
  const start = async (): Promise<string> =>
    text((await client('PUT', '/api/v2/organizations/update_many')).body['job_status']?.['id'])
  const [first, second] = [await start(), await start()]
  const many = await client('GET', `/api/v2/job_statuses/show_many.json?ids=${first},${second},V3-none`)
  expect([...(many.body['job_statuses'] ?? [])].map((job) => text(job['id']))).toEqual([first, second])
  expect((await client('GET', '/api/v2/job_statuses')).body['job_statuses']).toHaveLength(2)
  expect((await client('GET', '/api/v2/job_statuses/V3-none')).status).toBe(404)
})

test('beyond 30 open jobs the next is refused', async () => {
  await slow({ queued: 60_000, working: 0 })
  const started = await Promise.all(
    Array.from({ length: 31 }, () => client('PUT', '/api/v2/organizations/update_many')),
  )
  const refused = started.filter((answer) => answer.status !== 200)
  expect(refused).toHaveLength(1)
  expect(refused[0]).toMatchObject({ status: 429, body: { error: 'TooManyJobs' } })
  expect(refused[0]?.body['current_job_ids']).toHaveLength(30)
})
