import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { type Answer, type Client, salesforceClient, smallWorld, text } from './client.ts'

const jobs = '/services/data/v62.0/jobs/query'
let sandbox: Sandbox
let client: Client
beforeEach(async () => {
  sandbox = await startSandbox({ world: smallWorld, salesforce: { bulkMs: { queued: 1, working: 1 } } })
  client = await salesforceClient(sandbox)
})
afterEach(() => sandbox.close())

const create = (): Promise<Answer> => client('POST', jobs, { operation: 'query', query: 'SELECT Name FROM Account' })
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The job after so long that it has ended if it ever does. */
const after = async (started: Answer): Promise<Answer> => {
  await later(60)
  return client('GET', `${jobs}/${text(started.body['id'])}`)
}

describe('a job', () => {
  test('kill: it fails and says why, or somebody has aborted it', async () => {
    sandbox.faults.add({
      service: 'salesforce',
      kind: 'kill',
      as: 'failed',
      message: 'InvalidBatch : Field name not found',
    })
    sandbox.faults.add({ service: 'salesforce', kind: 'kill', applied: 2, at: 2 })
    const failed = await after(await create())
    expect(failed.body).toMatchObject({ state: 'Failed', errorMessage: 'InvalidBatch : Field name not found' })
    expect((await client('GET', `${jobs}/${text(failed.body['id'])}/results`)).status).toBe(400)
    expect((await after(await create())).body).toMatchObject({ state: 'Aborted', numberRecordsProcessed: 2 })
    expect((await after(await create())).body).toMatchObject({ state: 'JobComplete' })
  })

  test.each([
    ['working', 'InProgress'],
    ['queued', 'UploadComplete'],
  ] as const)('stuck: it stays %s until it is aborted, and can be deleted then', async (as, state) => {
    sandbox.faults.add({ service: 'salesforce', kind: 'stuck', as })
    const stuck = await after(await create())
    expect(stuck.body).toMatchObject({ state })
    const path = `${jobs}/${text(stuck.body['id'])}`
    expect((await client('PATCH', path, { state: 'Aborted' })).body).toMatchObject({ state: 'Aborted' })
    expect((await client('DELETE', path)).status).toBe(204)
  })

  test('one in progress cannot be deleted', async () => {
    sandbox.faults.add({ service: 'salesforce', kind: 'stuck' })
    const path = `${jobs}/${text((await after(await create())).body['id'])}`
    expect(await client('DELETE', path)).toMatchObject({ status: 400, body: [{ errorCode: 'INVALIDJOBSTATE' }] })
  })

  test('faults of jobs are for jobs: a query that is refused does not use one up', async () => {
    sandbox.faults.add({ service: 'salesforce', kind: 'kill', as: 'failed' })
    expect((await client('POST', jobs, { operation: 'query', query: 'SELECT Nothing FROM Account' })).status).toBe(400)
    expect((await after(await create())).body).toMatchObject({ state: 'Failed' })
  })
})

test('short: a page lacks a row that is counted', async () => {
  sandbox.faults.add({ service: 'salesforce', kind: 'short', row: 0, path: '/results' })
  const path = `${jobs}/${text((await after(await create())).body['id'])}/results`
  const [page, again] = [await client('GET', path), await client('GET', path)]
  expect([page, again].map((answer) => answer.headers.get('sforce-numberofrecords'))).toEqual(['3', '3'])
  expect(page.text.split('\n')).toHaveLength(again.text.split('\n').length - 1)
})

describe('any request', () => {
  test.each([
    [{ kind: 'status', preset: 'api-disabled' }, 403, 'API_DISABLED_FOR_ORG'],
    [
      {
        kind: 'status',
        status: 403,
        responseBody: [{ errorCode: 'FEATURE_NOT_ENABLED', message: 'Bulk API is not enabled' }],
      },
      403,
      'FEATURE_NOT_ENABLED',
    ],
    [{ kind: 'status', status: 503 }, 503, 'SERVER_UNAVAILABLE'],
  ] as const)('an organization without Bulk API, or one that is down: %o', async (fault, status, errorCode) => {
    sandbox.faults.add({ service: 'salesforce', path: '/jobs/query', times: 0, ...fault })
    expect(await create()).toMatchObject({ status, body: [{ errorCode }] })
    expect((await client('GET', '/services/data/v62.0/limits')).status).toBe(200)
  })

  test('lost: the job is made though nobody hears of it, and is in the list', async () => {
    sandbox.faults.add({ service: 'salesforce', method: 'POST', path: '/jobs/query', kind: 'lost' })
    await expect(create()).rejects.toThrow('fetch failed')
    expect((await client('GET', jobs)).body['records']).toHaveLength(1)
  })

  test('cut: half of a page, packed as it is', async () => {
    const path = `${jobs}/${text((await after(await create())).body['id'])}/results`
    expect((await client('GET', path)).headers.get('content-encoding')).toBe('gzip')
    sandbox.faults.add({ service: 'salesforce', path: '/results', kind: 'cut' })
    await expect(client('GET', path)).rejects.toThrow('terminated')
    expect(
      (await client('GET', path, undefined, { 'accept-encoding': 'identity' })).headers.get('content-encoding'),
    ).toBe(null)
  })

  test('expired: 401 until there is a new token; the job is still there', async () => {
    const started = await create()
    sandbox.faults.add({ service: 'salesforce', path: '/jobs/query', kind: 'expired' })
    expect((await after(started)).status).toBe(401)
    client = await salesforceClient(sandbox)
    expect((await after(started)).body).toMatchObject({ state: 'JobComplete' })
  })
})

test('a job that still works does not outlive the sandbox', async () => {
  let told = 0
  const now = (): Date => {
    told += 1
    return new Date()
  }
  const other = await startSandbox({
    world: smallWorld,
    salesforce: { bulkMs: { queued: 40, working: 0 } },
    clock: { now },
  })
  const own = await salesforceClient(other)
  await own('POST', jobs, { operation: 'query', query: 'SELECT Name FROM Account' })
  await other.close()
  const before = told
  await later(80)
  // A job that goes on asks for the time.
  expect(told).toBe(before)
})
