import { afterEach, describe, expect, it } from 'vitest'
import { collect } from 'zds'
import { type Fault, type Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { testRun } from './run.ts'
import { applied, statuses } from './steps.ts'
import { creating, instance, many, requestsTo, start } from './world.ts'

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

describe('creates', () => {
  it('are sent one record a request, with the attributes apart from the custom fields (SYN-02)', async () => {
    const { target, sandbox } = await started({})
    const outcomes = await applied(
      target,
      many(10, (n) => creating(n)),
    )
    expect(statuses(outcomes)).toEqual(['done'])
    const posts = requestsTo(sandbox, 'POST', '/organizations')
    expect(posts).toHaveLength(10)
    expect(posts.find(({ body }) => JSON.stringify(body).includes('New 3'))?.body).toEqual({
      organization: {
        name: 'New 3',
        external_id: '001NEW3',
        organization_fields: { salesforce_id: '001NEW3', support_level: 'premium', seats: 3 },
      },
    })
    const made = instance(sandbox).organizations.find(({ external_id: id }) => id === '001NEW3')
    expect(outcomes.get('001NEW3')).toEqual({ key: '001NEW3', status: 'done', id: String(made?.id) })
  })

  it('a taken name and a taken external id fail by their code, in whatever language Zendesk speaks (SAFE-03)', async () => {
    const german = {
      error: 'RecordInvalid',
      description: 'Fehler',
      details: { name: [{ description: 'Name: ist vergeben', error: 'DuplicateValue' }] },
    }
    const { target } = await started({
      faults: [
        { service: 'zendesk', method: 'POST', body: 'New 2', kind: 'status', status: 422, responseBody: german },
      ],
    })
    const outcomes = await applied(target, [
      creating(1, { name: 'ACME 1 ' }),
      creating(2),
      creating(3, { external_id: '001ext3' }),
      creating(4, { name: '' }),
      creating(5),
    ])
    expect(
      [...outcomes.values()]
        .map((outcome) => [outcome.key, outcome.status === 'failed' ? outcome.code : outcome.status].join(' '))
        .toSorted(),
    ).toEqual([
      '001NEW1 name-taken',
      '001NEW2 name-taken',
      '001NEW3 external-id-taken',
      '001NEW4 blank-value',
      '001NEW5 done',
    ])
    expect(outcomes.get('001NEW2')).toMatchObject({
      message: expect.stringContaining('name: Name: ist vergeben') as string,
    })
  })

  it.each(['lost', 'cut'] as const)(
    'whose answer is %s are looked up, and found: nothing is created twice (SAFE-05)',
    async (kind) => {
      const { target, sandbox } = await started({
        faults: [{ service: 'zendesk', method: 'POST', path: '/organizations', kind }],
      })
      const outcomes = await applied(target, [creating(1)])
      expect(statuses(outcomes)).toEqual(['done'])
      expect(requestsTo(sandbox, 'POST', '/organizations')).toHaveLength(1)
      expect(requestsTo(sandbox, 'GET', '/show_many').map(({ query }) => query['external_ids'])).toEqual(['001NEW1'])
    },
  )

  it.each([{ kind: 'reset' }, { kind: 'html', status: 502 }, { kind: 'status', status: 500 }] as const)(
    'that never arrived (%o) are looked up, not found, and sent again (SAFE-05)',
    async (effect) => {
      const { target, sandbox } = await started({
        faults: [{ service: 'zendesk', method: 'POST', path: '/organizations', ...effect }],
      })
      const run = testRun()
      const steps = await collect(stepsOf(target, [creating(1)], run.run))
      expect(steps.map(({ status }) => status)).toEqual(['sending', 'sending', 'done'])
      expect(requestsTo(sandbox, 'POST', '/organizations')).toHaveLength(2)
      expect(instance(sandbox).organizations.filter(({ external_id: id }) => id === '001NEW1')).toHaveLength(1)
      expect(run.pauses).toHaveLength(1)
      expect(run.pauses[0]).toBeGreaterThanOrEqual(5)
    },
  )

  it('that are found to hold something else than was meant fail', async () => {
    const { target } = await started({
      faults: [{ service: 'zendesk', method: 'POST', path: '/organizations', kind: 'reset' }],
    })
    const outcomes = await applied(target, [creating(1, { external_id: '001EXT1', salesforce_id: '001EXT1' })])
    expect(outcomes.get('001NEW1')).toMatchObject({
      status: 'failed',
      code: 'lost-create-differs',
      message: expect.stringContaining('name, seats') as string,
    })
  })

  it('that are lost every time fail after as many attempts as the policy allows', async () => {
    const { target, sandbox } = await started({
      faults: [{ service: 'zendesk', method: 'POST', path: '/organizations', kind: 'reset', times: 0 }],
    })
    const outcomes = await applied(target, [creating(1)])
    expect(outcomes.get('001NEW1')).toMatchObject({ status: 'failed', code: 'no-answer' })
    expect(requestsTo(sandbox, 'POST', '/organizations')).toHaveLength(3)
  })

  it('that meet a Zendesk which is away all that time end the run: that is no failure of each record', async () => {
    const away: Fault = { service: 'zendesk', method: 'POST', path: '/organizations', kind: 'status', status: 503 }
    const { target, sandbox } = await started({ faults: [{ ...away, times: 0 }] })
    const all = many(20, (n) => creating(n))
    await expect(applied(target, all)).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE', status: 503 })
    sandbox.faults.clear()
    sandbox.faults.add({ ...away, times: 2 })
    expect(statuses(await applied(target, all))).toEqual(['done'])
  })

  it('a name that Zendesk says is taken after a lost answer is our own', async () => {
    const { target, sandbox } = await started({
      faults: [
        { service: 'zendesk', method: 'POST', path: '/organizations', kind: 'lost' },
        // The look-up comes too early to see it.
        {
          service: 'zendesk',
          path: 'external_ids',
          kind: 'status',
          status: 200,
          responseBody: { organizations: [], count: 0 },
        },
      ],
    })
    const outcomes = await applied(target, [creating(1)])
    expect(statuses(outcomes)).toEqual(['done'])
    expect(requestsTo(sandbox, 'POST', '/organizations')).toHaveLength(2)
  })

  it('a field that Zendesk drops with a mere warning is a failure of that record', async () => {
    const { target } = await started({})
    const run = testRun()
    const outcomes = await applied(target, [creating(1, { suport_level: 'premium' }), creating(2)], run)
    expect(run.progress).toEqual(['global: Zendesk warns about POST organizations: it left out suport_level'])
    expect(outcomes.get('001NEW1')).toMatchObject({
      status: 'failed',
      code: 'not-permitted',
      message: expect.stringContaining('suport_level') as string,
      id: expect.stringMatching(/^\d+$/) as string,
    })
    expect(outcomes.get('001NEW2')).toMatchObject({ status: 'done' })
  })
})
