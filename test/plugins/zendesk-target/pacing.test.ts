import { afterEach, describe, expect, it, vi } from 'vitest'
import { collect, systemClock, type Outcome, type Step } from 'zds'
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
/** Of how many jobs each look asked. */
const looks = (sandbox: Sandbox): number[] =>
  requestsTo(sandbox, 'GET', '/job_statuses/show_many').map(({ query }) => query['ids']?.split(',').length ?? 0)
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

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
    expect(Math.max(...looks(sandbox))).toBeGreaterThan(4)
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

  it('jobs of all targets of the instance are looked at together, and who stops, stops nobody else (SAFE-04)', async () => {
    const { sandbox } = await started({ count: 200, zendesk: { jobMs: { queued: 50, working: 2_000 } } })
    const zendesk = connect(sandbox)
    const clock = systemClock()
    const carriedOut = ({ run }: ReturnType<typeof testRun>, from: number) =>
      collect(
        stepsOf(
          zendesk.organizations({ fields: FIELDS }),
          many(50, (n) => updating(from + n)),
          { ...run, clock },
        ),
      )
    const stopped = testRun()
    const all = Promise.allSettled([carriedOut(stopped, 0), carriedOut(testRun(), 50), carriedOut(testRun(), 100)])
    await vi.waitFor(() => expect(looks(sandbox)).toContain(3), { interval: 10, timeout: 10_000 })
    stopped.abort(new Error('enough'))
    const [first, ...others] = await all
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
    for (const other of others) expect(other.status === 'fulfilled' && notDone(other.value)).toEqual([])
    expect(looks(sandbox).at(-1)).toBeLessThan(3)
  })

  it('a job is looked at soon, then ever more rarely, at least each five seconds', async () => {
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
    expect(run.pauses[0]).toBe(400)
    expect(run.pauses).toEqual(run.pauses.toSorted((one, other) => one - other))
    expect(run.pauses.at(-1)).toBe(5_000)
  })

  it('a job is not looked at before it is as old as the quickest was; an old one keeps no other waiting', async () => {
    const { target, sandbox } = await started({ count: 300, zendesk: { jobMs: { queued: 30, working: 50 } } })
    const changed = (from: number, { run }: ReturnType<typeof testRun>) =>
      collect(
        stepsOf(
          target,
          many(100, (n) => updating(from + n)),
          run,
        ),
      )
    const first = testRun()
    await changed(0, first)
    const took = sum(first.pauses)
    const second = testRun()
    await changed(100, second)
    expect(first.pauses.length).toBeGreaterThan(1)
    expect(second.pauses[0]).toBe(Math.min(Math.floor(took), 5_000))

    sandbox.faults.add({ service: 'zendesk', path: '/update_many', kind: 'stuck', as: 'queued' })
    const old = testRun()
    const stuck = changed(200, old)
    await vi.waitFor(() => expect(Math.max(...old.pauses)).toBe(5_000), { interval: 1, timeout: 10_000 })
    const before = old.pauses.length
    await changed(0, old)
    expect(Math.min(...old.pauses.slice(before))).toBeLessThan(5_000)
    expect(notDone(await stuck)).toHaveLength(100)
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
        id: '1002',
      },
    ])
  })
})
