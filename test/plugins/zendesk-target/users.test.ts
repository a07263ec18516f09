import { afterEach, describe, expect, it, test } from 'vitest'
import { collect } from 'zds'
import type { Sandbox } from 'zds/sandbox'
import { targetLaws, testLaws } from 'zds/testing'
import { byHand } from '../../support/crash.ts'
import { lentRun, testRun } from './run.ts'
import { applied, codesOf, statuses } from './steps.ts'
import { addAddress, creatingUser, many, OTHER, seeded, startUsers, updatingUser } from './users-world.ts'
import { answerAll, instance, loseNext, requestsTo } from './world.ts'

const laws = targetLaws(async () => {
  const { sandbox, target, userOf } = await startUsers()
  return {
    target,
    run: lentRun,
    size: () => instance(sandbox).users.length,
    gone: '999',
    create: (count) => many(count, (n) => creatingUser(n)),
    update: (count) => many(count, (n) => updatingUser(n)),
    retire: (count) => many(count, (n) => ({ ...updatingUser(2 * n, { not_in_sfdc: true }), op: 'retire' as const })),
    refused: (op) =>
      op === 'create'
        ? creatingUser(9, { email: 'USER.5@agency.example' })
        : updatingUser(4, { organization_id: '424242' }),
    untouched: (change) => {
      const user = userOf(Number(change.id))
      if (user === undefined) throw new Error(`${change.key} is gone`)
      const unnamed = (fields: object) =>
        Object.fromEntries(Object.entries(fields).filter(([key]) => !(key in change.fields)))
      const { updated_at: _, user_fields: custom, tags, ...attributes } = user
      // A checkbox brings its tag along.
      return { ...unnamed(attributes), tags: tags.filter((tag) => tag !== 'not_in_sfdc'), user_fields: unnamed(custom) }
    },
    edit: ({ id }) => byHand(sandbox, 'global', `/users/${Number(id)}`, { user: { name: 'By Hand' } }),
    lose: () => loseNext(sandbox, '/users'),
    answer: (status) => answerAll(sandbox, '/users', status),
    writes: () => sandbox.requests.filter(({ method, path }) => method !== 'GET' && path !== '/oauth/tokens').length,
    close: () => sandbox.close(),
  }
})
testLaws(test, 'zendesk users', laws)

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})
const started = async (options: Parameters<typeof startUsers>[0] = {}) => {
  const world = await startUsers(options)
  open = world.sandbox
  return world
}

describe('users', () => {
  it('are read with their addresses in lower case, as Zendesk compares them (USR-03)', async () => {
    const { target } = await started()
    const users = await collect(target.read(testRun().run))
    expect(users.map(({ fields }) => fields['email'])).toContain('user.3@agency.example')
    expect(users.find(({ id }) => id === '2002')?.fields).toEqual({
      name: 'User 1',
      email: 'user.1@agency.example',
      role: 'end-user',
      organization_id: '1001',
      not_in_sfdc: true,
    })
  })

  it('are read with the domains of their addresses in ASCII, as mail servers compare them', async () => {
    const { target } = await started({ users: [{ ...seeded(0), email: 'Ann@BÜCHER.example' }] })
    const users = await collect(target.read(testRun().run))
    expect(users.map(({ fields }) => fields['email'])).toContain('ann@xn--bcher-kva.example')
  })

  it('SAFE-08: get the organization whose id a ref has become, as the number that Zendesk takes', async () => {
    const { target, sandbox, userOf } = await started()
    const home = { organization_id: String(OTHER) }
    for (const change of [updatingUser(0, home), creatingUser(1, home)])
      expect(statuses(await applied(target, [change]))).toEqual(['done'])
    expect(userOf(2001)?.organization_id).toBe(OTHER)
    const bodies = sandbox.requests.filter(({ method }) => method !== 'GET').map(({ body }) => JSON.stringify(body))
    expect(bodies.filter((body) => body.includes(`"organization_id":${OTHER}`)).length).toBeGreaterThan(0)
    expect(bodies.filter((body) => body.includes(`"${OTHER}"`))).toEqual([])
  })

  it.each(['abc', '9007199254740993', '0x3e9', 'Infinity'])(
    'an organization_id that is no id (%s) is refused; it is made neither null nor another one',
    async (organization_id) => {
      const { target, sandbox, userOf } = await started()
      for (const change of [updatingUser(0, { organization_id }), creatingUser(1, { organization_id })])
        expect(statuses(await applied(target, [change]))).toEqual(['failed'])
      expect(userOf(2001)?.organization_id).toBe(1001)
      const bodies = sandbox.requests.filter(({ method }) => method !== 'GET').map(({ body }) => JSON.stringify(body))
      expect(bodies.filter((body) => body.includes('"organization_id":'))).toHaveLength(2)
      expect(bodies.filter((body) => body.includes(`"organization_id":"${organization_id}"`))).toHaveLength(2)
    },
  )

  it('are created one a request, without a mail to them, as end users (USR-04, USR-06)', async () => {
    const { target, sandbox, userAt } = await started()
    expect(
      statuses(
        await applied(
          target,
          many(3, (n) => creatingUser(n)),
        ),
      ),
    ).toEqual(['done'])
    expect(requestsTo(sandbox, 'POST', '/users').map(({ body }) => body)).toContainEqual({
      user: {
        name: 'New 1',
        email: 'new.1@agency.example',
        organization_id: 1001,
        user_fields: { not_in_sfdc: false },
        skip_verify_email: true,
      },
    })
    expect(userAt('new.2@agency.example')).toMatchObject({ role: 'end-user', organization_id: 1001 })
  })

  it('are updated and marked in jobs of at most 100 (USR-04), and move from one organization to another (USR-07)', async () => {
    const { target, sandbox, userOf } = await started({ users: many(101, seeded) })
    expect(
      statuses(
        await applied(
          target,
          many(101, (n) => updatingUser(n, { organization_id: String(OTHER) })),
        ),
      ),
    ).toEqual(['done'])
    expect(requestsTo(sandbox, 'PUT', '/users/update_many')).toHaveLength(2)
    expect(userOf(2050)).toMatchObject({ organization_id: OTHER, notes: 'written by an agent', name: 'User 49' })

    const marks = many(2, (n) => ({ ...updatingUser(n, { not_in_sfdc: true }), op: 'retire' as const }))
    expect(statuses(await applied(target, marks))).toEqual(['done'])
    expect(userOf(2001)?.user_fields).toEqual({ not_in_sfdc: true, shoe_size: 40 })
  })

  it('a suspended one is updated like others and stays suspended', async () => {
    const { target, userOf } = await started({ users: [{ ...seeded(0), suspended: true }] })
    expect(statuses(await applied(target, [updatingUser(0)]))).toEqual(['done'])
    expect(userOf(2001)).toMatchObject({ name: 'Renamed 0', suspended: true })
  })

  it('whose create was not answered is looked up, and not created twice (SAFE-05)', async () => {
    const { target, sandbox } = await started({
      faults: [{ service: 'zendesk', method: 'POST', path: '/users', kind: 'lost' }],
    })
    expect(statuses(await applied(target, [creatingUser(1)]))).toEqual(['done'])
    expect(requestsTo(sandbox, 'POST', '/users')).toHaveLength(1)
  })

  it('whose create was not answered, and whom the index does not know yet, is found when the address turns out to be taken', async () => {
    const late = {
      service: 'zendesk',
      path: '/users/search',
      kind: 'status',
      status: 200,
      responseBody: { users: [], count: 0 },
    } as const
    const { target, sandbox } = await started({
      faults: [{ service: 'zendesk', method: 'POST', path: '/users', kind: 'lost' }, late],
    })
    expect(statuses(await applied(target, [creatingUser(1)]))).toEqual(['done'])
    expect(requestsTo(sandbox, 'POST', '/users')).toHaveLength(2)
  })

  it('an address that Zendesk does not accept fails by its code (SAFE-03)', async () => {
    const { target } = await started()
    const outcomes = await applied(target, [creatingUser(1, { email: 'no address' }), creatingUser(2)])
    expect(outcomes.get('new.1@agency.example')).toMatchObject({ status: 'failed', code: 'record-invalid' })
    expect(outcomes.get('new.2@agency.example')).toMatchObject({ status: 'done' })
  })

  it('an address that is only a second one of a user: neither is it created nor its user marked, and both are said', async () => {
    const { target, sandbox } = await started()
    await addAddress(sandbox, 2003, 'second@agency.example')
    const create = creatingUser(1, { email: 'second@agency.example' })
    const [wanted, other] = [{ ...create, key: 'second@agency.example' }, creatingUser(2)]
    const mark = (n: number) => ({ ...updatingUser(n, { not_in_sfdc: true }), op: 'retire' as const })
    const prepared = await target.prepare?.([wanted, other, updatingUser(1), mark(2), mark(4)], testRun().run)
    expect(prepared).toEqual({
      changes: [other, updatingUser(1), mark(4)],
      skipped: [
        { key: 'second@agency.example', reason: 'second-address', id: '2003' },
        { key: 'user.2@agency.example', reason: 'second-address', id: '2003' },
      ],
    })
  })

  it('nor is a user marked who has the address of somebody whose creation is held; who marks nobody asks for nobody', async () => {
    const { target, sandbox } = await started()
    await addAddress(sandbox, 2003, 'second@agency.example')
    const mark = (n: number) => ({ ...updatingUser(n, { not_in_sfdc: true }), op: 'retire' as const })
    const run = { ...testRun().run, held: ['second@agency.example', 'nobody@agency.example'] }
    expect(await target.prepare?.([updatingUser(1), mark(2), mark(4)], run)).toEqual({
      changes: [updatingUser(1), mark(4)],
      skipped: [{ key: 'user.2@agency.example', reason: 'second-address', id: '2003' }],
    })
    const asked = requestsTo(sandbox, 'GET', '/users/search').length
    expect((await target.prepare?.([updatingUser(1)], run))?.skipped).toEqual([])
    expect(requestsTo(sandbox, 'GET', '/users/search')).toHaveLength(asked)
  })

  it('an address that becomes a second one after the plan was made fails honestly, and its user is not touched', async () => {
    const { target, sandbox, userOf } = await started()
    await addAddress(sandbox, 2003, 'second@agency.example')
    const before = userOf(2003)
    const outcomes = await applied(target, [creatingUser(1, { email: 'second@agency.example' })])
    expect(codesOf([...outcomes.values()])).toEqual(['email-taken'])
    expect(userOf(2003)).toEqual(before)
  })
})
