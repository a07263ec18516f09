import { afterEach, describe, expect, it } from 'vitest'
import { collect, type Outcome, type Step } from 'zds'
import { type Fault, type Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { testRun } from './run.ts'
import { outcomesOf } from './steps.ts'
import { connect, FIELDS, many, requestsTo, start, updating } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})
const started = async (options: Parameters<typeof start>[0]) => {
  const world = await start(options)
  open = world.sandbox
  return world
}

const notDone = (steps: readonly Step[]): Outcome[] => outcomesOf(steps).filter(({ status }) => status !== 'done')

describe('jobs', { timeout: 60_000 }, () => {
  it('3,100 updates never have more than 30 jobs open, and the jobs are polled together (SAFE-04)', async () => {
    const { target, sandbox } = await started({
      count: 3100,
      zendesk: { maxJobs: 30, jobMs: { queued: 200, working: 600 } },
    })
    const steps = await collect(
      stepsOf(
        target,
        many(3100, (n) => updating(n)),
        testRun().run,
      ),
    )
    expect(outcomesOf(steps)).toHaveLength(3100)
    expect(notDone(steps)).toEqual([])
    // One job too many would have been refused.
    expect(requestsTo(sandbox, 'PUT', '/update_many').map(({ status }) => status)).toEqual(
      Array.from({ length: 31 }, () => 200),
    )
    const polled = requestsTo(sandbox, 'GET', '/job_statuses/show_many').map(
      ({ query }) => query['ids']?.split(',').length ?? 0,
    )
    expect(Math.max(...polled)).toBeGreaterThan(4)
  })

  it('the places are those of the instance, for all its targets together (SAFE-04)', async () => {
    const { sandbox } = await started({ count: 4000, zendesk: { maxJobs: 30, jobMs: { queued: 100, working: 300 } } })
    const zendesk = connect(sandbox)
    const halves = [many(2000, (n) => updating(n)), many(2000, (n) => updating(2000 + n))]
    const all = await Promise.all(
      halves.map((changes) => collect(stepsOf(zendesk.organizations({ fields: FIELDS }), changes, testRun().run))),
    )
    expect(outcomesOf(all.flat())).toHaveLength(4000)
    expect(notDone(all.flat())).toEqual([])
    expect(new Set(requestsTo(sandbox, 'PUT', '/update_many').map(({ status }) => status))).toEqual(new Set([200]))
  })

  it.each([429, 422, 503] as const)(
    'a refusal for too many jobs (status %i) waits until one of ours ends',
    async (tooManyJobsStatus) => {
      const { target, sandbox } = await started({
        count: 600,
        zendesk: { maxJobs: 2, tooManyJobsStatus, jobMs: { queued: 10, working: 20 } },
      })
      const run = testRun()
      const steps = await collect(
        stepsOf(
          target,
          many(600, (n) => updating(n)),
          run.run,
        ),
      )
      expect(outcomesOf(steps)).toHaveLength(600)
      expect(notDone(steps)).toEqual([])
      const puts = requestsTo(sandbox, 'PUT', '/update_many')
      expect(puts.filter(({ status }) => status === 200)).toHaveLength(6)
      expect(puts.filter(({ status }) => status === tooManyJobsStatus).length).toBeGreaterThan(0)
      // One batch at a time tries again, and the HTTP layer does not.
      expect(run.progress.filter((line) => line.includes('trying again'))).toEqual([])
      expect(puts.length).toBeLessThan(60)
      expect(run.progress).toContain('global: Zendesk has too many open jobs, waiting for one to end')
    },
  )

  it('where others keep all slots busy, everything fails after ten minutes', async () => {
    const { target } = await started({ count: 300, zendesk: { maxJobs: 0 } })
    const run = testRun()
    const outcomes = outcomesOf(
      await collect(
        stepsOf(
          target,
          many(300, (n) => updating(n)),
          run.run,
        ),
      ),
    )
    expect(outcomes).toHaveLength(300)
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'failed', code: 'too-many-jobs' })
    expect(Math.max(...run.pauses)).toBeLessThanOrEqual(60_000)
    // Ten minutes for all batches together, not for each.
    expect(run.pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(700_000)
  })

  it('polls begin fast, grow to five seconds, and are fast again when a job ends', async () => {
    const { target } = await started({
      count: 200,
      faults: [{ service: 'zendesk', path: '/update_many', body: '"id":1001,', kind: 'stuck', as: 'queued' }],
      zendesk: { jobMs: { queued: 20, working: 30 } },
    })
    const run = testRun()
    await collect(
      stepsOf(
        target,
        many(200, (n) => updating(n)),
        run.run,
      ),
    )
    expect(run.pauses[0]).toBe(100)
    const again = run.pauses.lastIndexOf(100)
    expect(again).toBeGreaterThan(1)
    const rest = run.pauses.slice(again)
    expect(rest).toEqual(rest.toSorted((one, other) => one - other))
    expect(rest.at(-1)).toBe(5_000)
  })

  it('a job that is out of sight for a moment, and later once more, is not given up', async () => {
    const unseen = {
      service: 'zendesk',
      path: '/job_statuses',
      kind: 'status',
      status: 200,
      responseBody: { job_statuses: [] },
    } satisfies Fault
    const { target } = await started({
      faults: [unseen, { ...unseen, at: 20 }],
      zendesk: { jobMs: { queued: 300, working: 5 } },
    })
    const steps = await collect(stepsOf(target, [updating(0)], testRun().run))
    expect(outcomesOf(steps)).toEqual([{ key: '001EXT0', status: 'done', id: '1001' }])
  })

  it('a write that Zendesk answers with a warning about our fields fails those records only', async () => {
    const job = {
      id: 'V3-1',
      status: 'completed',
      results: [1001, 1002].map((id) => ({ action: 'update', id, status: 'Updated', success: true })),
    }
    const headers = {
      'x-zendesk-api-warn':
        '{:allowed_parameters=>{:controller=>"organizations", :unpermitted_keys=>["organization.organization_fields.seats", "organization.other"]}}',
    }
    const { target } = await started({
      faults: [
        {
          service: 'zendesk',
          path: '/update_many',
          kind: 'status',
          status: 200,
          headers,
          responseBody: { job_status: job },
        },
        {
          service: 'zendesk',
          path: '/job_statuses',
          kind: 'status',
          status: 200,
          responseBody: { job_statuses: [job] },
        },
      ],
    })
    const steps = await collect(stepsOf(target, [updating(0, { aar: 1 }), updating(1)], testRun().run))
    expect(outcomesOf(steps)).toEqual([
      { key: '001EXT0', status: 'done', id: '1001' },
      {
        key: '001EXT1',
        status: 'failed',
        code: 'not-permitted',
        message: 'global: Zendesk does not let us write seats, and left it out',
      },
    ])
  })
})
