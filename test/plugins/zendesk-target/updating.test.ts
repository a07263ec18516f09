import { afterEach, describe, expect, it } from 'vitest'
import { collect, isObject, type Change, type Outcome } from 'zds'
import { type Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { zendeskClient } from '../../sandbox/client.ts'
import { testRun } from './run.ts'
import { applied, codesOf, outcomesOf, statuses } from './steps.ts'
import { creating, instance, many, requestsTo, retiring, start, updating } from './world.ts'

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

describe('updates and retires', () => {
  it('101 updates are two jobs, each row with its id and the changed fields only; no organization is updated by itself (SYN-06, SYN-20, SYN-22)', async () => {
    const { target, sandbox, records } = await started({ count: 101 })
    const run = testRun()
    const steps = await collect(
      stepsOf(
        target,
        many(101, (n) => updating(n)),
        run.run,
      ),
    )
    const puts = requestsTo(sandbox, 'PUT', '/update_many')
    expect(puts.map(({ body }) => rowsIn(body).length)).toEqual([100, 1])
    expect(sandbox.requests.filter(({ method, path }) => method === 'PUT' && !path.endsWith('/update_many'))).toEqual(
      [],
    )
    expect(puts.filter(({ query }) => 'ids' in query)).toEqual([])
    expect(rowsIn(puts[1]?.body)).toEqual([
      { id: 1101, organization_fields: { support_level: 'ultimate', seats: 200 } },
    ])
    expect(
      instance(sandbox)
        .jobs.map(({ id }) => id)
        .toSorted(),
    ).toEqual(steps.flatMap((step) => (step.status === 'accepted' ? [step.job] : [])).toSorted())
    expect(outcomesOf(steps)).toHaveLength(101)
    expect(records().every(({ organization_fields: fields }) => fields['support_level'] === 'ultimate')).toBe(true)
  })

  it('what agents keep stays: notes, details, domains, tags and their fields (SYN-11, FLD-04)', async () => {
    const { target, records } = await started({ count: 3 })
    await applied(
      target,
      many(3, (n) => updating(n, { name: `Renamed ${n}`, mark_for_deletion: true })),
    )
    for (const record of records()) {
      expect(record).toMatchObject({
        notes: 'written by an agent',
        details: 'also by an agent',
        domain_names: [expect.stringMatching(/^acme/)],
      })
      expect(record.tags).toContain('handmade_tag')
      expect(record.organization_fields).toMatchObject({
        assigned_se: 'Sam',
        support_level: 'premium',
        mark_for_deletion: true,
      })
    }
  })

  it('an external id to take over which another organization has is left, and told; all else is written (SAFE-05)', async () => {
    const { target, sandbox } = await started({ count: 3 })
    const client = await zendeskClient(sandbox)
    for (const id of [1001, 1003])
      await client('PUT', `/api/v2/organizations/${id}`, { organization: { external_id: null } })
    const taking = (n: number, to: string) => updating(n, { external_id: to, seats: 50 })
    const { run, progress } = testRun()
    const prepared = await target.prepare?.([taking(0, '001ext1'), updating(1), taking(2, '001FREE')], run)
    expect(progress).toEqual([])
    expect(prepared?.notices).toEqual([
      {
        code: 'external-id-left',
        key: updating(0).key,
        message: expect.stringMatching(/ \(1001\) is updated without its external_id: organization 1002 has it\./),
      },
    ])
    expect([...(await applied(target, [...(prepared?.changes ?? [])])).values()].map(({ status }) => status)).toEqual(
      Array.from({ length: 3 }, () => 'done'),
    )
    expect(instance(sandbox).organizations.map((one) => [one.external_id, one.organization_fields['seats']])).toEqual([
      [null, 50],
      ['001EXT1', 101],
      ['001FREE', 50],
    ])
  })

  it('a run that was killed while a refused row went again without its name: it is not told as done (AMB-20, SAFE-06)', async () => {
    const { target, sandbox, records } = await started({ count: 3 })
    const client = await zendeskClient(sandbox)
    const body = {
      organizations: [
        { id: 1001, organization_fields: { seats: 50 } },
        { id: 1002, name: 'Renamed' },
        { id: 1003, name: 'Renamed, too', organization_fields: { seats: 50 } },
      ],
    }
    await client('PUT', '/api/v2/organizations/update_many', body)
    await expect.poll(() => records()[2]?.name).toBe('Renamed, too')
    // Somebody has changed another field of it since.
    await client('PUT', '/api/v2/organizations/1003', { organization: { organization_fields: { seats: 60 } } })
    const taken = records()[2]?.name ?? ''
    const [lesser, whole] = [updating(0, { name: taken, seats: 50 }), updating(1, { name: 'Renamed' })]
    const later = updating(2, { name: 'Renamed, too', seats: 50 })
    const job = instance(sandbox).jobs.at(-1)?.id ?? ''
    const sent = [lesser, whole, later].map((change) => ({ change, job }))
    const settled = await collect(target.settle(sent, testRun().run))
    expect(settled).toEqual([
      {
        key: lesser.key,
        status: 'failed',
        code: 'read-back-differs',
        id: '1001',
        message: 'global: its job has written it, but not all of it: a name that is taken is left out',
      },
      { key: whole.key, status: 'done', id: '1002' },
      { key: later.key, status: 'done', id: '1003' },
    ])
  })

  it('a create whose external id another organization has is left, and told with who has it (SAFE-05, ZD-03)', async () => {
    const { target, sandbox } = await started({ count: 3 })
    const [taken, free] = [creating(1, { external_id: '001ext1' }), creating(7)]
    const { run } = testRun()
    const prepared = await target.prepare?.([taken, updating(0), free], run)
    expect(prepared?.skipped).toEqual([{ key: taken.key, reason: 'external-id-taken', id: '1002' }])
    expect(target.words?.['external-id-taken']).toContain('another organization has its external_id')
    expect([...(prepared?.changes ?? [])].map(({ key }) => key)).toEqual([updating(0).key, free.key])
    expect(prepared?.notices).toEqual([])
    expect(requestsTo(sandbox, 'GET', '/organizations/show_many')).toHaveLength(1)
    const outcomes = await applied(target, [...(prepared?.changes ?? [])])
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done'])
  })

  it('who has the external id of a create that is left is not marked: it may well be that customer’s (SAFE-05, AMB-17)', async () => {
    const { target } = await started({ count: 4 })
    const taken = creating(1, { external_id: '001EXT1' })
    const { run } = testRun()
    const prepared = await target.prepare?.([retiring(1), taken, updating(0), retiring(3)], run)
    expect([...(prepared?.changes ?? [])].map(({ op, key }) => [op, key])).toEqual([
      ['update', updating(0).key],
      ['retire', retiring(3).key],
    ])
    expect(prepared?.skipped).toEqual([
      { key: retiring(1).key, reason: 'external-id-wanted', id: '1002' },
      { key: taken.key, reason: 'external-id-taken', id: '1002' },
    ])
    expect(target.words?.['external-id-wanted']).toContain('has the external_id of one that is not created')
    // An update whose external id it has goes without that: its record is another one, and is there.
    const adopting = updating(0, { external_id: '001EXT1' })
    expect((await target.prepare?.([adopting, retiring(1)], run))?.skipped).toEqual([])
  })

  it('a retire writes what a record that nobody wants should look like (SYN-08)', async () => {
    const { target, records } = await started({ count: 2 })
    expect(statuses(await applied(target, [retiring(1)]))).toEqual(['done'])
    expect(records().map(({ organization_fields: fields }) => fields['mark_for_deletion'])).toEqual([false, true])
  })

  it('each failed row is reported with its own code and words, though the job is completed (SAFE-03)', async () => {
    const rows = { ids: [1003, 1005] }
    const { target } = await started({
      count: 6,
      faults: [
        { service: 'zendesk', path: '/update_many', kind: 'rows', rows, details: 'Name:  Acme has already been taken' },
      ],
    })
    const outcomes = await applied(
      target,
      many(6, (n) => updating(n)),
    )
    expect(outcomes.get('001EXT2')).toEqual({
      key: '001EXT2',
      status: 'failed',
      code: 'organization-update-failed',
      message: 'global: Name: Acme has already been taken (OrganizationUpdateFailed)',
    })
    expect([...outcomes.values()].filter(({ status }) => status === 'failed').map(({ key }) => key)).toEqual([
      '001EXT2',
      '001EXT4',
    ])
  })

  it('AMB-20: a refused name keeps nothing else from being written, and is still told', async () => {
    const { target, records, sandbox } = await started({ count: 3 })
    const renaming = (n: number, to: string): Change => {
      const change = updating(n)
      return { ...change, fields: { ...change.fields, name: { from: records()[n]?.name ?? null, to } } }
    }
    const before = records().map(({ name }) => name)
    // Somebody else has that name since the plan was made.
    const taken = before[0] ?? ''
    const outcomes = await applied(target, [renaming(1, ` ${taken.toUpperCase()}`), renaming(2, 'Free')])
    expect([...outcomes.values()]).toEqual([
      { key: updating(2).key, status: 'done', id: updating(2).id },
      {
        key: updating(1).key,
        status: 'failed',
        code: 'organization-update-failed',
        message: expect.stringMatching(
          /^global: .+ \(OrganizationUpdateFailed\); all else of it was written$/,
        ) as string,
        id: updating(1).id,
      },
    ])
    expect(records().map(({ name }) => name)).toEqual([before[0], before[1], 'Free'])
    const { to } = updating(1).fields['seats'] ?? {}
    expect(records()[1]?.organization_fields['seats']).toBe(to)
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/update_many'))).toHaveLength(2)
  })

  it.each(['killed', 'failed'] as const)('a %s job: what was written counts as done, the rest fails', async (as) => {
    const { target } = await started({
      count: 6,
      faults: [{ service: 'zendesk', path: '/update_many', kind: 'kill', applied: 4, as }],
    })
    const outcomes = [
      ...(
        await applied(
          target,
          many(6, (n) => updating(n)),
        )
      ).values(),
    ]
    expect(outcomes.filter(({ status }) => status === 'done')).toHaveLength(4)
    expect(codesOf(outcomes)).toEqual([`job-${as}`, `job-${as}`])
  })

  it('a job without progress is given up after ten minutes, and what it wrote counts', async () => {
    const { target } = await started({
      count: 4,
      faults: [{ service: 'zendesk', path: '/update_many', kind: 'stuck', as: 'working', applied: 1 }],
    })
    const run = testRun()
    const outcomes = [
      ...(
        await applied(
          target,
          many(4, (n) => updating(n)),
          run,
        )
      ).values(),
    ]
    expect(outcomes.filter(({ status }) => status === 'done')).toHaveLength(1)
    expect(codesOf(outcomes)).toEqual(['job-stuck', 'job-stuck', 'job-stuck'])
    expect(Math.max(...run.pauses)).toBe(5_000)
    expect(sum(run.pauses)).toBeGreaterThanOrEqual(600_000)
    expect(sum(run.pauses)).toBeLessThan(700_000)
  })

  it('a job that Zendesk forgets: the records themselves say what became of them', async () => {
    const gone = { job_statuses: [], count: 0 }
    const { target } = await started({
      count: 2,
      faults: [
        { service: 'zendesk', path: '/job_statuses', kind: 'status', status: 200, responseBody: gone, times: 0 },
      ],
    })
    expect(
      statuses(
        await applied(
          target,
          many(2, (n) => updating(n)),
        ),
      ),
    ).toEqual(['done'])
  })

  it('rows that the results do not speak of: the records themselves say what became of them', async () => {
    const { target, sandbox } = await started({ count: 3 })
    const job = {
      id: 'V3-1',
      status: 'completed',
      results: [{ action: 'update', id: 1001, status: 'Updated', success: true }],
    }
    sandbox.faults.add({
      service: 'zendesk',
      path: '/update_many',
      kind: 'status',
      status: 200,
      responseBody: { job_status: job },
    })
    sandbox.faults.add({
      service: 'zendesk',
      path: '/job_statuses',
      kind: 'status',
      status: 200,
      responseBody: { job_statuses: [job] },
    })
    const outcomes = await applied(
      target,
      many(3, (n) => updating(n, n === 1 ? { support_level: 'premium' } : undefined)),
    )
    expect(
      [...outcomes.values()].map((outcome) => (outcome.status === 'failed' ? outcome.code : outcome.status)),
    ).toEqual(['done', 'done', 'row-missing'])
  })

  it.each(['lost', 'cut'] as const)(
    'an update whose answer is %s: the records are read, and only what is not yet as meant is sent again',
    async (kind) => {
      const { target, sandbox } = await started({
        count: 3,
        zendesk: { jobMs: { queued: 0, working: 0 } },
        faults: [{ service: 'zendesk', method: 'PUT', path: '/update_many', kind }],
      })
      expect(
        statuses(
          await applied(
            target,
            many(3, (n) => updating(n)),
          ),
        ),
      ).toEqual(['done'])
      expect(requestsTo(sandbox, 'PUT', '/update_many').length).toBeLessThanOrEqual(2)
    },
  )

  it('an update that never arrives fails after as many attempts as the policy allows', async () => {
    const { target, sandbox } = await started({
      count: 3,
      faults: [{ service: 'zendesk', method: 'PUT', kind: 'reset', times: 0 }],
    })
    const outcomes = await applied(target, [updating(0), updating(1, { support_level: 'premium' })])
    expect(outcomes.get('001EXT0')).toMatchObject({ status: 'failed', code: 'no-answer' })
    // It held the value all the time.
    expect(outcomes.get('001EXT1')).toMatchObject({ status: 'done' })
    expect(requestsTo(sandbox, 'PUT', '/update_many').map(({ path }) => path)).toHaveLength(3)
  })

  it('an update that meets a Zendesk which is away all that time ends the run, and what was carried out is told', async () => {
    const away = { service: 'zendesk', method: 'PUT', kind: 'status', status: 503, times: 0 } as const
    const { target } = await started({ count: 3, faults: [away] })
    const told: Outcome[] = []
    const asked = [updating(0), updating(1, { support_level: 'premium' })]
    await expect(async () => {
      for await (const step of stepsOf(target, asked, testRun().run)) if ('key' in step) told.push(step)
    }).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE', status: 503 })
    expect(told).toMatchObject([{ key: '001EXT1', status: 'done' }])
  })

  it('a conflict that stays fails the records of that request only', async () => {
    const conflict = { service: 'zendesk', times: 0, kind: 'status', preset: 'conflict' } as const
    const { target } = await started({
      count: 150,
      faults: [
        { ...conflict, method: 'PUT', body: '"id":1101' },
        { ...conflict, method: 'POST', body: 'New 1' },
      ],
    })
    const outcomes = [
      ...(
        await applied(
          target,
          many(150, (n) => updating(n)),
        )
      ).values(),
    ]
    expect(codesOf(outcomes)).toEqual(Array.from({ length: 50 }, () => 'database-conflict'))
    const created = await applied(
      target,
      many(2, (n) => creating(n)),
    )
    expect(codesOf([...created.values()])).toEqual(['database-conflict'])
  })

  it('a batch that is refused as a whole fails, and the others go on', async () => {
    const refusal = {
      error: 'TooManyValues',
      description: 'Parameter  cannot specify more than 100 values',
      max_count: 100,
    }
    const { target } = await started({
      count: 250,
      faults: [
        { service: 'zendesk', method: 'PUT', body: '"id":1150', kind: 'status', status: 400, responseBody: refusal },
      ],
    })
    const outcomes = [
      ...(
        await applied(
          target,
          many(250, (n) => updating(n)),
        )
      ).values(),
    ]
    expect(outcomes.filter(({ status }) => status === 'done')).toHaveLength(150)
    expect(new Set(outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.code] : [])))).toEqual(
      new Set(['too-many-values']),
    )
  })

  it.each([
    [422, [1013]],
    [422, [1001, 1100, 1101]],
    [413, [1077]],
  ])(
    'a batch that is refused with %i because of some rows (%j) is halved until they are found',
    async (status, guilty) => {
      const { target, sandbox, records } = await started({
        count: 150,
        faults: guilty.map((id) => ({
          service: 'zendesk',
          path: '/update_many',
          body: `"id":${id},`,
          times: 0,
          kind: 'status',
          preset: 'invalid-record',
          status,
        })),
      })
      const outcomes = await applied(
        target,
        many(150, (n) => updating(n)),
      )
      const failed = [...outcomes.values()].filter(({ status }) => status === 'failed')
      expect(failed.map(({ key }) => key).toSorted()).toEqual(guilty.map((id) => `001EXT${id - 1001}`).toSorted())
      for (const outcome of failed) expect(outcome).toMatchObject({ code: 'too-long' })
      expect(failed[0]).toMatchObject({ message: expect.stringContaining('Name: is too long') as string })
      const written = records().filter(({ organization_fields: fields }) => fields['support_level'] === 'ultimate')
      expect(written.map(({ id }) => id)).toEqual(
        records()
          .map(({ id }) => id)
          .filter((id) => !guilty.includes(id)),
      )
      // Each half is asked for once on the way to a guilty row: 2 * log2(100) requests for each.
      expect(requestsTo(sandbox, 'PUT', '/update_many').length).toBeLessThanOrEqual(2 + guilty.length * 14)
    },
  )

  it('a batch whose rows are all refused ends, one by one', async () => {
    const { target, sandbox } = await started({
      count: 16,
      faults: [{ service: 'zendesk', path: '/update_many', times: 0, kind: 'status', preset: 'invalid-record' }],
    })
    const outcomes = await applied(
      target,
      many(16, (n) => updating(n)),
    )
    expect(codesOf([...outcomes.values()])).toEqual(Array.from({ length: 16 }, () => 'too-long'))
    expect(requestsTo(sandbox, 'PUT', '/update_many')).toHaveLength(31)
  })
})

function rowsIn(body: unknown): readonly unknown[] {
  const rows = isObject(body as never) ? (body as { organizations?: unknown }).organizations : undefined // what the sandbox logged
  return Array.isArray(rows) ? rows : []
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
