import { afterEach, describe, expect, it } from 'vitest'
import { collect, type ZdsError } from 'zds'
import type { Sandbox } from 'zds/sandbox'
import { zendesk } from 'zds/zendesk-target'
import { serverOf } from '../../support/server.ts'
import { testRun } from './run.ts'
import { FIELDS, instance, requestsTo, setting, start } from './world.ts'

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

describe('reading organizations', () => {
  it('lists 250 organizations over three pages by cursor, and the last page ends it although it has a cursor (ORG-01, ORG-02)', async () => {
    const { target, sandbox, records } = await started({ count: 250 })
    const { run, expected } = testRun()
    const read = await collect(target.read(run))
    expect(read.map(({ id }) => id)).toEqual(records().map(({ id }) => String(id)))
    expect(requestsTo(sandbox, 'GET', '/organizations').map(({ query }) => query['page[size]'])).toEqual([
      '100',
      '100',
      '100',
    ])
    expect(expected).toEqual([{ rows: 250, slack: 0 }])
  })

  it('takes the id and the declared fields only, by their types (ORG-04, ORG-05, CMP-02)', async () => {
    const { target } = await started({ count: 1 })
    expect(await collect(target.read(testRun().run))).toEqual([
      {
        id: '1001',
        fields: {
          name: 'Acme 0',
          external_id: '001EXT0',
          salesforce_id: '001EXT0',
          support_level: 'premium',
          mark_for_deletion: false,
          aar: 10.5,
          seats: 5,
          migration_date: null,
        },
      },
    ])
  })

  it('an id too large to be read whole is no id: it would be that of another organization (ZD-19)', async () => {
    const { target } = await started({
      count: 1,
      faults: [
        {
          service: 'zendesk',
          path: '/organizations?',
          kind: 'status',
          status: 200,
          responseBody: {
            organizations: [{ id: 9_007_199_254_740_992, name: 'Acme', organization_fields: {} }],
            meta: { has_more: false },
          },
        },
      ],
    })
    await expect(collect(target.read(testRun().run))).rejects.toMatchObject({ code: 'HTTP_UNREADABLE' })
    const change = { op: 'update', key: 'A', fields: {} } as const
    expect(target.misfit?.({ ...change, id: '9007199254740992' })).toBe('id: is none that Zendesk gives')
    expect(target.misfit?.({ ...change, id: '39009098989393' })).toBeUndefined()
  })

  it('a page that lost a record shows in the count (SAFE-02)', async () => {
    const { target } = await started({
      count: 120,
      faults: [{ service: 'zendesk', kind: 'short', path: 'page[size]' }],
    })
    const { run, expected } = testRun()
    expect(await collect(target.read(run))).toHaveLength(119)
    expect(expected).toEqual([{ rows: 120, slack: 0 }])
  })

  const WHOLE = { value: 150_000, refreshed_at: '2026-03-16T00:00:00Z' }
  const ANEW = { value: 100_000, refreshed_at: null }
  it.each([
    ['by the last count, give or take what it may be late by', WHOLE, { ...WHOLE, value: 150_500 }, 150_500, 2_005],
    ['by the one before, while they are counted anew', WHOLE, ANEW, 150_000, 1_500],
    ['by the one after, where they were counted anew before', ANEW, WHOLE, 150_000, 1_500],
  ])(
    'of more than 100,000 are held against their number %s (ZD-02, SAFE-02)',
    async (_what, first, last, rows, slack) => {
      const counts = [first, last].map(
        (count, n) =>
          ({
            service: 'zendesk',
            path: '/organizations/count',
            at: n + 1,
            kind: 'status',
            status: 200,
            responseBody: { count },
          }) as const,
      )
      const { target } = await started({ faults: counts })
      const { run, expected } = testRun()
      await collect(target.read(run))
      expect(expected).toEqual([{ rows, slack }])
    },
  )

  it('SAFE-02, ZD-02: are not proved to be all where nobody knows how many there are, be it 100,000 that came', async () => {
    const count = { ...ANEW, value: 100_000 }
    const { target } = await started({
      faults: [
        {
          service: 'zendesk',
          path: '/organizations/count',
          kind: 'status',
          status: 200,
          responseBody: { count },
          times: 0,
        },
      ],
    })
    const { run, expected, doubts } = testRun()
    await collect(target.read(run))
    expect([expected, doubts]).toEqual([[], ['global does not say how many organizations it has']])
  })

  it('asks for the next page while one is processed, and not further', async () => {
    const { target, sandbox } = await started({ count: 350 })
    const rows = target.read(testRun().run)[Symbol.asyncIterator]()
    await rows.next()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(requestsTo(sandbox, 'GET', '/organizations')).toHaveLength(2)
    await rows.return?.()
  })

  it.each([
    { kind: 'html', status: 502 } as const,
    { kind: 'html', status: 200 } as const,
    { kind: 'reset' } as const,
    { kind: 'cut' } as const,
    { kind: 'status', preset: 'edge' } as const,
    { kind: 'status', preset: 'rate-limit-text' } as const,
    { kind: 'status', preset: 'deadlock' } as const,
  ])('a page that fails once with %o is asked for again', async (effect) => {
    const { target, sandbox } = await started({
      count: 120,
      faults: [{ service: 'zendesk', path: '/organizations?page', at: 2, ...effect }],
    })
    expect(await collect(target.read(testRun().run))).toHaveLength(120)
    expect(requestsTo(sandbox, 'GET', '/organizations')).toHaveLength(3)
    expect(sandbox.faults.fired).toHaveLength(1)
  })

  it('a 429 waits as long as Retry-After says, without it for the reset of the window, without either a little', async () => {
    const window = { 'ratelimit-remaining': '0', 'ratelimit-reset': '13' }
    const faults = [
      { service: 'zendesk', path: '/count', kind: 'status', preset: 'rate-limit', retryAfter: 27 } as const,
      { service: 'zendesk', path: '/count', kind: 'status', status: 429, headers: window, at: 2 } as const,
      { service: 'zendesk', path: '/organizations?page', kind: 'status', preset: 'rate-limit-no-header' } as const,
    ]
    const { target, sandbox } = await started({ faults })
    const { run, pauses } = testRun()
    expect(await collect(target.read(run))).toHaveLength(5)
    expect(sandbox.faults.fired).toHaveLength(3)
    expect(pauses.filter((ms) => ms > 1000)).toEqual([27_000, 13_000])
    expect(pauses.length).toBeGreaterThanOrEqual(3)
  })

  it('a service that stays down ends the read with an error that names instance and status', async () => {
    const { target, sandbox } = await started({
      faults: [{ service: 'zendesk', path: '/organizations?page', times: 0, kind: 'html' }],
    })
    const error = await collect(target.read(testRun().run)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: 'global: GET /api/v2/organizations.json answered 502',
    })
    expect(requestsTo(sandbox, 'GET', '/organizations')).toHaveLength(3)
  })

  it('is at one address, however that is written: targets of one instance are locked together', () => {
    const at = (url: string) => zendesk({ name: 'global', url: setting('URL', url) })
    const targets = ['https://Acme.zendesk.com', 'https://acme.zendesk.com/', `'https://acme.zendesk.com'`].map(at)
    const addresses = targets.flatMap((one) => [
      one.organizations({ fields: FIELDS }).address(),
      one.users({ fields: { email: FIELDS.salesforce_id } }).address(),
    ])
    expect(new Set(addresses)).toEqual(new Set(['https://acme.zendesk.com']))
    expect(
      zendesk({ name: 'global', url: setting('URL', undefined) })
        .users({ fields: FIELDS })
        .address(),
    ).toBe('')
  })

  it('refetches 250 records in hundreds', async () => {
    const { target, sandbox } = await started({ count: 250 })
    const ids = instance(sandbox).organizations.map(({ id }) => String(id))
    expect(await collect(target.refetch(ids, testRun().run))).toHaveLength(250)
    expect(requestsTo(sandbox, 'GET', '/show_many').map(({ query }) => query['ids']?.split(',').length)).toEqual([
      100, 100, 50,
    ])
  })

  it('refetches together what is asked for at the same moment; each gets its own, and who stops, stops nobody else', async () => {
    const { target, sandbox } = await started({ count: 150 })
    const { run } = testRun()
    const asks = Array.from({ length: 15 }, (_, n) => Array.from({ length: 10 }, (_, m) => String(1001 + 10 * n + m)))
    const given = await Promise.all(asks.map((ids) => collect(target.refetch(ids, run))))
    expect(given.map((rows) => rows.map(({ id }) => id))).toEqual(asks)
    const sizes = () => requestsTo(sandbox, 'GET', '/show_many').map(({ query }) => query['ids']?.split(',').length)
    expect(sizes()).toEqual([100, 50])

    const stopped = testRun()
    stopped.abort(new Error('enough'))
    const [mine, others] = await Promise.allSettled([
      collect(target.refetch(['1001'], stopped.run)),
      collect(target.refetch(['1001', 'nobody'], run)),
    ])
    expect(mine).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
    expect(others).toMatchObject({ status: 'fulfilled', value: [{ id: '1001' }] })
  })

  it('an abort ends a read with the reason of the abort', async () => {
    const { target } = await started({
      count: 120,
      faults: [{ service: 'zendesk', path: 'page[after]', kind: 'latency', ms: 60_000 }],
    })
    const { run, abort } = testRun()
    const reason = new Error('enough')
    setTimeout(() => abort(reason), 30)
    const error = await collect(target.read(run)).catch((thrown: unknown) => thrown)
    expect(error).toBe(reason)
  })
})

describe('links', () => {
  it('are not followed: only the cursor is taken, and the token stays with our own address', async () => {
    const page = (id: number, more: boolean) => ({
      organizations: [{ id }],
      meta: { has_more: more, after_cursor: 'mor=' },
      links: { next: 'https://elsewhere.example/api/v2/organizations?page[after]=other' },
    })
    const answer = { service: 'zendesk', path: '/organizations?page', kind: 'status', status: 200 } as const
    const { target, sandbox } = await started({
      faults: [
        { ...answer, responseBody: page(1, true) },
        { ...answer, path: 'page[after]', responseBody: page(2, false) },
      ],
    })
    expect((await collect(target.read(testRun().run))).map(({ id }) => id)).toEqual(['1', '2'])
    expect(requestsTo(sandbox, 'GET', '/organizations').map(({ query }) => query['page[after]'])).toEqual([
      undefined,
      'mor=',
    ])
  })
})

describe('what is no list of records', () => {
  it.each([{ organizations: [1, 2] }, { organizations: ['Acme', { id: 1 }] }, { organizations: {} }, { users: [] }])(
    '%j is refused, and not taken for an empty one',
    async (body) => {
      const answer = { kind: 'status', status: 200, responseBody: body } as const
      const { target } = await started({ faults: [{ service: 'zendesk', path: '/organizations?page', ...answer }] })
      await expect(collect(target.read(testRun().run))).rejects.toMatchObject({
        code: 'HTTP_UNREADABLE',
        message: 'global: an answer holds no list of organizations',
      })
    },
  )

  it('a number that no number can be is refused, not read as null', async () => {
    const answer = {
      kind: 'status',
      status: 200,
      headers: { 'content-type': 'application/json' },
      responseBody: '{"organizations":[{"id":1,"organization_fields":{"aar":1e400}}]}',
    } as const
    const { target } = await started({ faults: [{ service: 'zendesk', path: '/organizations?page', ...answer }] })
    await expect(collect(target.read(testRun().run))).rejects.toMatchObject({ code: 'HTTP_UNREADABLE' })
  })
})

describe('an endless list', () => {
  it('that gives a cursor twice is an error, not a loop', async () => {
    const page = { organizations: [{ id: 1 }], meta: { has_more: true, after_cursor: 'again' } }
    const { target } = await started({
      faults: [
        { service: 'zendesk', path: '/organizations?page', times: 0, kind: 'status', status: 200, responseBody: page },
      ],
    })
    const error = await collect(target.read(testRun().run)).catch((thrown: ZdsError) => thrown)
    expect(error).toMatchObject({ code: 'INCOMPLETE' })
  })

  it.each([
    ['no has_more and no cursor', { after_cursor: null }],
    ['a cursor and has_more false', { has_more: false, after_cursor: 'more' }],
  ])('%s: the list ends, and a record that came twice counts once', async (_case, meta) => {
    const page = { organizations: [{ id: 1 }, { id: 1 }], meta, links: { next: 'https://elsewhere.example/next' } }
    const { target, sandbox } = await started({
      faults: [
        { service: 'zendesk', path: '/organizations?page', times: 0, kind: 'status', status: 200, responseBody: page },
      ],
    })
    expect((await collect(target.read(testRun().run))).map(({ id }) => id)).toEqual(['1'])
    expect(requestsTo(sandbox, 'GET', '/organizations')).toHaveLength(1)
  })

  it('an empty page ends the list', async () => {
    const page = { organizations: [], meta: { after_cursor: 'more' } }
    const { target } = await started({
      faults: [
        { service: 'zendesk', path: '/organizations?page', times: 0, kind: 'status', status: 200, responseBody: page },
      ],
    })
    expect(await collect(target.read(testRun().run))).toEqual([])
  })

  /** A Zendesk that announces 150 records, and whose pages never end. */
  const endless = async (rows: (page: number) => readonly { id: number }[]) => {
    let asked = 0
    const server = await serverOf((response, { url = '' }) => {
      const counts = url.includes('/count')
      const page = counts ? undefined : (asked += 1)
      const body =
        page === undefined
          ? { count: { value: 150 } }
          : { organizations: rows(page), meta: { has_more: true, after_cursor: `c${page}` } }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    const apiToken = { email: setting('EMAIL', 'a@b.example'), token: setting('TOKEN', 'a-token') }
    const instance = zendesk({ name: 'global', url: setting('URL', server.url), apiToken })
    return { target: instance.organizations({ fields: FIELDS }), pages: () => asked }
  }
  const hundred = (first: number) => Array.from({ length: 100 }, (_, n) => ({ id: first + n }))

  it('of ever new cursors and the same rows is an error, not a loop', async () => {
    const { target, pages } = await endless(() => hundred(1))
    await expect(collect(target.read(testRun().run))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message:
        'global: the list of organizations does not end: it has a page of known rows only, and says that there is more',
    })
    expect(pages()).toBeLessThanOrEqual(3)
  })

  it('of ever new rows ends where it has brought far more than was announced', async () => {
    const { target, pages } = await endless((page) => hundred(page * 100))
    await expect(collect(target.read(testRun().run))).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: 'global: the list of organizations does not end: it has brought more than 1300 rows',
    })
    expect(pages()).toBe(14)
  })
})

describe('limits that Zendesk names (SAFE-04)', () => {
  it.each([
    ['60', 60_000],
    ['60000', 60_000],
    ['99999999999999999999', 60_000],
  ])('nothing left, and a reset of %s: one bounded wait, which is told', async (reset, most) => {
    const headers = { 'x-rate-limit-remaining': '0', 'ratelimit-remaining': '0', 'ratelimit-reset': reset }
    const { target } = await started({ faults: [{ service: 'zendesk', path: '/count', kind: 'headers', headers }] })
    const { run, pauses, progress } = testRun()
    expect(await collect(target.read(run))).toHaveLength(5)
    expect(pauses).toHaveLength(1)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(most)
    expect(progress.filter((line) => /^global: rate limit, waiting \d+ s$/.test(line))).toHaveLength(1)
  })
})
