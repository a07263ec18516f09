import { afterEach, describe, expect, it, vi } from 'vitest'
import { collect, type Change, type Step } from 'zds'
import { type Fault, type Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { zendeskClient } from '../../sandbox/client.ts'
import { testRun } from './run.ts'
import { outcomesOf } from './steps.ts'
import { connect, creating, FIELDS, instance, many, requestsTo, start, updating } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

async function scene(faults: Fault[] = [], count = 1) {
  const { sandbox } = await start({ count, faults })
  open = sandbox
  const target = connect(sandbox, undefined, { createsInJobs: 5, smallestJob: 4 }).organizations({ fields: FIELDS })
  const carriedOut = (changes: readonly Change[]): Promise<Step[]> => collect(stepsOf(target, changes, testRun().run))
  return { sandbox, target, carriedOut }
}
const singles = (sandbox: Sandbox) => requestsTo(sandbox, 'POST', '/organizations')
const inJobs = (sandbox: Sandbox) => requestsTo(sandbox, 'POST', '/organizations/create_many')
const made = (sandbox: Sandbox) => instance(sandbox).organizations.filter(({ name }) => name.startsWith('New'))
const done = (steps: readonly Step[]) => outcomesOf(steps).filter(({ status }) => status === 'done')

describe('creates in jobs', () => {
  it('from the given number on: a few jobs, each row looked up, no record created by itself (SYN-02, SAFE-03)', async () => {
    const { sandbox, carriedOut } = await scene()
    const steps = await carriedOut(many(10, creating))
    expect([inJobs(sandbox).length, singles(sandbox).length]).toEqual([3, 0])
    const ids = new Map(made(sandbox).map(({ external_id: key, id }) => [key, String(id)]))
    expect(ids.size).toBe(10)
    expect(new Map(done(steps).map((one) => [one.key, 'id' in one && one.id]))).toEqual(ids)
  })

  it('one that is left over is no job of its own', async () => {
    const { sandbox, carriedOut } = await scene()
    expect(done(await carriedOut(many(9, creating)))).toHaveLength(9)
    expect([inJobs(sandbox).length, singles(sandbox).length]).toEqual([2, 1])
  })

  it('fewer are single requests', async () => {
    const { sandbox, carriedOut } = await scene()
    expect(done(await carriedOut(many(4, creating)))).toHaveLength(4)
    expect([inJobs(sandbox).length, singles(sandbox).length]).toEqual([0, 4])
  })

  it('who comes with one of them is added, and one without an external id is created by itself', async () => {
    const { sandbox, carriedOut } = await scene()
    const along = { people: [{ email: 'ada@new.example', name: 'Ada' }] }
    const changes = [...many(5, creating), { ...creating(6), along }, creating(7, { external_id: null })]
    const steps = await carriedOut(changes)
    expect(done(steps)).toHaveLength(7)
    expect(singles(sandbox)).toHaveLength(1)
    expect(outcomesOf(steps).find(({ key }) => key === '001NEW6')).toMatchObject({ facts: { people: 1 } })
    const home = made(sandbox).find(({ external_id: key }) => key === '001NEW6')?.id
    expect(instance(sandbox).users.find(({ email }) => email === 'ada@new.example')?.organization_id).toBe(home)
  })

  it('a job that was taken over keeps no update waiting, and the people of its records are added side by side', async () => {
    const { sandbox, carriedOut } = await scene([
      { service: 'zendesk', method: 'POST', path: '/users', kind: 'latency', ms: 300, times: 0 },
    ])
    sandbox.faults.add({ service: 'zendesk', path: '/create_many', kind: 'latency', ms: 50 })
    const along = (n: number) => ({ people: [{ email: `ada${n}@new.example`, name: 'Ada' }] })
    const changes = [...many(8, (n) => ({ ...creating(n), along: along(n) })), updating(0)]
    const began = Date.now()
    const steps = await carriedOut(changes)
    expect(done(steps)).toHaveLength(9)
    expect(Date.now() - began).toBeLessThan(8 * 300)
    const accepted = steps.findIndex(({ status }) => status === 'accepted')
    const update = steps.findIndex((step) => step.status === 'sending' && step.keys.includes('001EXT0'))
    const created = steps.findIndex((step) => 'key' in step && step.key.startsWith('001NEW'))
    expect(accepted).toBeLessThan(update)
    expect(update).toBeLessThan(created)
  })

  it('people who cannot be added because the service is down end the run, and nothing is sent after that', async () => {
    const { sandbox, carriedOut } = await scene([
      { service: 'zendesk', method: 'POST', path: '/users', kind: 'status', preset: 'edge', times: 0 },
    ])
    const along = { people: [{ email: 'ada@new.example', name: 'Ada' }] }
    await expect(carriedOut(many(8, (n) => ({ ...creating(n), along })))).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
    })
    const sent = sandbox.requests.length
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(sandbox.requests).toHaveLength(sent)
  })

  it('a row that fails is tried by itself, which tells why; the others are done (SAFE-03)', async () => {
    const { sandbox, carriedOut } = await scene()
    const steps = await carriedOut([...many(7, creating), creating(8, { name: 'Acme 0' })])
    expect(done(steps)).toHaveLength(7)
    expect(outcomesOf(steps).filter(({ status }) => status !== 'done')).toMatchObject([
      { key: '001NEW8', code: 'name-taken' },
    ])
    expect(singles(sandbox)).toHaveLength(1)
  })

  it('what a job has created is ours, also where somebody has changed it before it was looked up', async () => {
    const { sandbox, target } = await scene()
    const client = await zendeskClient(sandbox)
    const along = { people: [{ email: 'ada@new.example', name: 'Ada' }] }
    const steps: Step[] = []
    for await (const step of stepsOf(
      target,
      [...many(3, creating), { ...creating(3), along }, creating(4)],
      testRun().run,
    )) {
      steps.push(step)
      if (step.status !== 'accepted') continue
      const id = await vi.waitUntil(() => made(sandbox).find(({ name }) => name === 'New 3')?.id)
      const organization = { organization_fields: { seats: 77 } }
      expect((await client('PUT', `/api/v2/organizations/${id}`, { organization })).status).toBe(200)
    }
    expect(done(steps)).toHaveLength(5)
    expect(outcomesOf(steps).find(({ key }) => key === '001NEW3')).toMatchObject({ facts: { people: 1 } })
  })

  it('who was there before with the same external id is told as that, not as a lost answer', async () => {
    const { carriedOut } = await scene()
    const steps = await carriedOut([...many(5, creating), creating(5, { external_id: '001EXT0' })])
    expect(outcomesOf(steps).filter(({ status }) => status !== 'done')).toMatchObject([
      { key: '001NEW5', code: 'external-id-taken' },
    ])
  })

  it.each([
    ['lost', { kind: 'lost' }],
    ['cut', { kind: 'cut' }],
    ['never sent', { kind: 'reset' }],
    ['refused as a whole', { kind: 'status', preset: 'invalid-record' }],
    ['answered with an error', { kind: 'status', status: 500 }],
    ['refused for too many jobs', { kind: 'status', status: 429, responseBody: { error: 'TooManyJobs' } }],
    ['killed on its way', { kind: 'kill', applied: 2 }],
    ['done but for a row', { kind: 'rows', rows: { indexes: [1] } }],
  ] as const)('a job that is %s: every record is there once, and told once (SAFE-05)', async (_what, effect) => {
    const { sandbox, carriedOut } = await scene([{ service: 'zendesk', path: '/create_many', ...effect }])
    const steps = await carriedOut(many(9, creating))
    expect(done(steps)).toHaveLength(9)
    expect(made(sandbox)).toHaveLength(9)
    expect(sandbox.faults.fired).toHaveLength(1)
  })

  it('no access ends the run, and nothing else is sent', async () => {
    const { sandbox, carriedOut } = await scene([
      { service: 'zendesk', path: '/create_many', kind: 'status', status: 403, times: 0 },
    ])
    await expect(carriedOut(many(8, creating))).rejects.toMatchObject({ code: 'AUTH_FAILED' })
    expect(singles(sandbox)).toEqual([])
  })

  it('SAFE-06: after a run that died, its job is waited for, and what it has created is not created again', async () => {
    const { sandbox, target } = await scene()
    const changes = many(6, creating)
    const sending = target as { apply(changes: readonly Change[], run: unknown): AsyncIterable<Step> } // it has jobs
    const told: Step[] = []
    for await (const step of sending.apply(changes, { ...testRun().run, fresh: async (some: unknown) => some })) {
      told.push(step)
      if (told.filter(({ status }) => status === 'accepted').length === 2) break
    }
    const jobOf = new Map(
      told.flatMap((step) => (step.status === 'accepted' ? step.keys.map((key) => [key, step.job]) : [])),
    )
    const sent = changes.map((change) => ({ change, job: jobOf.get(change.key) ?? '' }))
    const outcomes = await collect(target.settle(sent, testRun().run))
    expect(outcomes.map(({ status }) => status)).toEqual(changes.map(() => 'done'))
    expect(made(sandbox)).toHaveLength(6)
  })

  it('SAFE-06: hundreds that were under way are looked up together, a hundred with one request', async () => {
    const { sandbox, target, carriedOut } = await scene()
    const changes = many(250, creating)
    await carriedOut(changes)
    const before = requestsTo(sandbox, 'GET', '/show_many').length
    const outcomes = await collect(
      target.settle(
        [...changes, creating(999), creating(1000, { external_id: 'a,b' })].map((change) => ({ change })),
        testRun().run,
      ),
    )
    expect(outcomes.map(({ key }) => key)).toEqual(changes.map(({ key }) => key))
    expect(requestsTo(sandbox, 'GET', '/show_many').length - before).toBe(3)
  })

  it('records with long external ids are looked up a few at a time: an address can only be so long (ZD-03)', async () => {
    const { sandbox, target, carriedOut } = await scene()
    const long = (n: number) => `https://crm.example/${'ö'.repeat(30)}/${n}`
    const changes = many(100, (n) => creating(n, { external_id: long(n) }))
    await carriedOut(changes)
    const before = requestsTo(sandbox, 'GET', '/show_many').length
    const settled = await collect(
      target.settle(
        changes.map((change) => ({ change })),
        testRun().run,
      ),
    )
    expect(done(settled)).toHaveLength(100)
    const asked = requestsTo(sandbox, 'GET', '/show_many')
      .slice(before)
      .flatMap(({ query }) => query['external_ids'] ?? [])
    expect(asked.length).toBeLessThan(10)
    expect(asked.flatMap((ids) => ids.split(',')).toSorted()).toEqual(changes.map((_, n) => long(n)).toSorted())
    for (const ids of asked) expect(encodeURIComponent(ids).length).toBeLessThan(8_000)
  })

  it('SAFE-06: the same where nobody knows the job', async () => {
    const { sandbox, target } = await scene([{ service: 'zendesk', path: '/create_many', kind: 'lost' }])
    const changes = many(6, creating)
    const sending = target as { apply(changes: readonly Change[], run: unknown): AsyncIterable<Step> } // as above
    for await (const step of sending.apply(changes, { ...testRun().run, fresh: async (some: unknown) => some }))
      if (step.status === 'accepted') break
    const outcomes = await collect(
      target.settle(
        changes.map((change) => ({ change })),
        testRun().run,
      ),
    )
    const there = new Set(made(sandbox).map(({ external_id: key }) => key))
    expect(new Set(outcomes.map(({ key }) => key))).toEqual(there)
  })
})
