import { afterEach, describe, expect, it } from 'vitest'
import { type Step } from 'zds'
import { type Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { testRun } from './run.ts'
import { outcomesOf, told } from './steps.ts'
import { creating, many, requestsTo, start, updating } from './world.ts'

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

describe('the end of a run', { timeout: 30_000 }, () => {
  it('a batch that may not be written ends it, after the outcomes of those that were under way', async () => {
    const { target, sandbox } = await started({
      count: 300,
      faults: [{ service: 'zendesk', method: 'PUT', body: '"id":1101,', kind: 'status', status: 403 }],
      zendesk: { jobMs: { queued: 20, working: 40 } },
    })
    const { steps, error } = await told(
      stepsOf(
        target,
        many(300, (n) => updating(n)),
        testRun().run,
      ),
    )
    expect(error).toMatchObject({ code: 'AUTH_FAILED', message: expect.stringContaining('global') as string })
    const keys = outcomesOf(steps).map(({ key }) => key)
    expect(keys).toHaveLength(200)
    expect(new Set(keys).size).toBe(200)
    expect(requestsTo(sandbox, 'PUT', '/update_many')).toHaveLength(3)
  })

  it('batches that wait for a place in vain end with it', async () => {
    const { target, sandbox } = await started({
      count: 600,
      faults: [
        { service: 'zendesk', method: 'PUT', body: '"id":1501,', kind: 'status', status: 403 },
        { service: 'zendesk', method: 'PUT', path: '/update_many', body: '"id":1001,', kind: 'latency', ms: 30 },
      ],
      zendesk: { maxJobs: 0 },
    })
    const run = testRun()
    const { steps, error } = await told(
      stepsOf(
        target,
        many(600, (n) => updating(n)),
        run.run,
      ),
    )
    expect(error).toMatchObject({ code: 'AUTH_FAILED' })
    expect(outcomesOf(steps)).toEqual([])
    expect(requestsTo(sandbox, 'PUT', '/update_many').length).toBeLessThan(20)
  })

  it('a service that is down ends creates, and no further record is sent', async () => {
    const { target, sandbox } = await started({
      faults: [
        { service: 'zendesk', method: 'POST', path: '/organizations', at: 3, times: 0, kind: 'status', preset: 'edge' },
      ],
    })
    const { steps, error } = await told(
      stepsOf(
        target,
        many(40, (n) => creating(n)),
        testRun().run,
      ),
    )
    expect(error).toMatchObject({ code: 'HTTP_UNAVAILABLE' })
    expect(outcomesOf(steps)).toHaveLength(2)
    expect(steps.filter(({ status }) => status === 'sending').length).toBeLessThanOrEqual(6)
    expect(
      new Set(requestsTo(sandbox, 'POST', '/organizations').map(({ body }) => JSON.stringify(body))).size,
    ).toBeLessThanOrEqual(6)
  })

  it.each([
    ['creates', many(40, (n) => creating(n)), 'POST'],
    ['updates', many(300, (n) => updating(n)), 'PUT'],
  ] as const)(
    'an abort among %s: nothing more is sent, nothing is waited for, and the reason is thrown',
    async (_what, changes, method) => {
      const { target, sandbox } = await started({
        count: 300,
        faults: [{ service: 'zendesk', method, path: '/organizations', at: 3, times: 0, kind: 'latency', ms: 60_000 }],
      })
      const run = testRun()
      const reason = new Error('enough')
      setTimeout(() => run.abort(reason), 200)
      const before = Date.now()
      const { steps, error } = await told(stepsOf(target, changes, run.run))
      expect(error).toBe(reason)
      expect(Date.now() - before).toBeLessThan(20_000)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const writes = sandbox.requests.filter(
        (request) => request.method === method && request.path.includes('/organizations'),
      )
      expect(writes.length).toBeLessThanOrEqual(steps.filter(({ status }) => status === 'sending').length)
    },
  )

  it('an abort while a step is being written down sends nothing for it', async () => {
    const { target, sandbox } = await started({})
    const run = testRun()
    const reason = new Error('enough')
    const steps: Step[] = []
    const applying = (async () => {
      for await (const step of stepsOf(
        target,
        many(3, (n) => creating(n)),
        run.run,
      )) {
        steps.push(step)
        run.abort(reason)
      }
    })()
    await expect(applying).rejects.toBe(reason)
    expect(steps).toEqual([{ status: 'sending', keys: ['001NEW0'] }])
    expect(requestsTo(sandbox, 'POST', '/organizations')).toEqual([])
  })

  it('creates keep to the given number at a time', async () => {
    const { target, sandbox } = await started({
      faults: [{ service: 'zendesk', method: 'POST', path: '/organizations', times: 0, kind: 'latency', ms: 40 }],
    })
    let waiting = 0
    let most = 0
    for await (const step of stepsOf(
      target,
      many(12, (n) => creating(n)),
      testRun().run,
    )) {
      waiting += step.status === 'sending' ? 1 : -1
      most = Math.max(most, waiting)
    }
    expect(most).toBe(4)
    expect(requestsTo(sandbox, 'POST', '/organizations')).toHaveLength(12)
  })
})
