import { afterEach, describe, expect, it } from 'vitest'
import { collect, type Json } from 'zds'
import type { Sandbox } from 'zds/sandbox'
import { testRun } from './run.ts'
import { applied, codesOf } from './steps.ts'
import { many, start, updating } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

/** What two updates come to where Zendesk answers with these statuses of their job, in order. */
async function told(...jobs: { readonly [name: string]: Json }[]) {
  const { target, sandbox } = await start({ count: 2 })
  open = sandbox
  const answer = { service: 'zendesk', kind: 'status', status: 200 } as const
  sandbox.faults.add({
    ...answer,
    path: '/update_many',
    responseBody: { job_status: { id: 'V3-1', status: 'queued' } },
  })
  for (const [index, job] of jobs.entries()) {
    const responseBody = { job_statuses: [{ id: 'V3-1', ...job }] }
    sandbox.faults.add({ ...answer, path: '/job_statuses', at: index + 1, responseBody })
  }
  const run = testRun()
  const { clock } = run.run
  const since = clock.now().getTime()
  const outcomes = await applied(target, many(2, updating), run)
  return { tookMs: clock.now().getTime() - since, outcomes }
}

const updated = (id: number) => ({ id, action: 'update', status: 'Updated', success: true })
const refused = (id: number, details = 'is taken') => ({ id, error: 'OrganizationUpdateFailed', details })

describe('results of a job that are not what the API promises', () => {
  it.each([
    ['first', [refused(1001), updated(1001), updated(1002)]],
    ['last', [updated(1001), updated(1002), refused(1001)]],
  ])('of two rows for one record the worse counts, where it comes %s', async (_, results) => {
    const { outcomes } = await told({ status: 'completed', results })
    expect(outcomes.get('001EXT0')).toMatchObject({ status: 'failed', code: 'organization-update-failed' })
    expect(outcomes.get('001EXT1')).toMatchObject({ status: 'done' })
  })

  it('words of a megabyte are cut before they go to the journal', async () => {
    const long = 'x\n'.repeat(500_000)
    const { outcomes } = await told({
      status: 'completed',
      results: [refused(1001, long), { id: 1002, success: false, status: long }],
    })
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(['failed', 'failed'])
    for (const outcome of outcomes.values()) expect(JSON.stringify(outcome).length).toBeLessThan(1_000)
    const failed = await told({ status: 'failed', message: long })
    for (const outcome of failed.outcomes.values()) expect(JSON.stringify(outcome).length).toBeLessThan(1_000)
  })

  it('a job that gets on for ever is given up after an hour, and the records say what it wrote', async () => {
    const steps = Array.from({ length: 1_000 }, (_, progress) => ({ status: 'working', progress, total: 2 }))
    const { tookMs, outcomes } = await told(...steps)
    expect(codesOf([...outcomes.values()])).toEqual(['job-stuck', 'job-stuck'])
    expect(tookMs).toBeGreaterThanOrEqual(3_600_000)
    expect(tookMs).toBeLessThan(3_700_000)
  })

  it('a row that is named by its index only is nobody else after a restart, where some have their outcome already', async () => {
    const { target, sandbox } = await start({ count: 3 })
    open = sandbox
    const results = [updated(1001), { index: 1, error: 'OrganizationUpdateFailed' }, updated(1003)]
    const responseBody = { job_statuses: [{ id: 'V3-1', status: 'completed', results }] }
    sandbox.faults.add({ service: 'zendesk', path: '/job_statuses', kind: 'status', status: 200, responseBody })
    const sent = [updating(1), updating(2)].map((change) => ({ change, job: 'V3-1' }))
    const settled = await collect(target.settle(sent, testRun().run))
    expect(settled.map(({ key, status }) => [key, status])).toEqual([
      ['001EXT1', 'failed'],
      ['001EXT2', 'done'],
    ])
  })
})
