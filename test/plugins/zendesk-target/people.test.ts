import { afterEach, describe, expect, it } from 'vitest'
import { collect, systemClock, type Change, type Preparation } from 'zds'
import { newcomersOf, type Newcomer } from '../../../plugins/zendesk-target/newcomers.ts'
import type { Sandbox } from 'zds/sandbox'
import { stepsOf } from '../../../src/core/apply/requests.ts'
import { testRun } from './run.ts'
import { applied, outcomesOf, told } from './steps.ts'
import { addAddress, HOME, OTHER, startUsers } from './users-world.ts'
import { instance, requestsTo } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})
const started = async (options: Parameters<typeof startUsers>[0] = {}) => {
  const world = await startUsers({ users: [NOBODYS, ELSEWHERE], ...options })
  open = world.sandbox
  return world
}

const NOBODYS = { id: 2001, name: 'Nora', email: 'Nora@sold.example', role: 'end-user', organization_id: null } as const
const ELSEWHERE = {
  id: 2002,
  name: 'Elsa',
  email: 'elsa@sold.example',
  role: 'end-user',
  organization_id: OTHER,
} as const

const person = (email: string, action: Newcomer['action'] = 'create'): Newcomer => ({
  email,
  name: email.split('@')[0] ?? '',
  action,
})
const creating = (key: string, people?: readonly Newcomer[]): Change => ({
  op: 'create',
  key,
  fields: { name: { from: null, to: `New ${key}` }, external_id: { from: null, to: key } },
  ...(people && { along: { people } }),
})
const actions = (prepared: Preparation | undefined) =>
  [...(prepared?.changes ?? [])].map((change) => newcomersOf(change)?.map(({ action }) => action))
/** What is told of somebody who is missing. */
const missing = (email: string, why: string) => ({
  code: 'people-not-added',
  message: `${email} could not be added to it (${why})`,
})

const POST = { service: 'zendesk', method: 'POST', path: '/api/v2/users' } as const
const NOT_FOUND = {
  service: 'zendesk',
  path: '/users/search',
  kind: 'status',
  status: 200,
  responseBody: { users: [], count: 0 },
} as const

describe('what a plan says of the people of new organizations (SYN-03)', () => {
  it('who is not there is created, who has no organization gets this one, who has another stays there', async () => {
    const { organizations } = await started()
    const planned = await organizations.prepare?.(
      [
        creating('A', [person('new@sold.example'), person('nora@sold.example'), person('ELSA@sold.example')]),
        creating('B'),
      ],
      testRun().run,
    )
    expect(actions(planned)).toEqual([['create', 'associate', 'leave'], undefined])
  })

  it('an address that two organizations name goes to the first, in any case', async () => {
    const { organizations, sandbox } = await started()
    const planned = await organizations.prepare?.(
      [
        creating('A', [person('new@sold.example'), person('nora@sold.example')]),
        creating('B', [person('NORA@sold.example'), person('New@sold.example')]),
      ],
      testRun().run,
    )
    expect(actions(planned)).toEqual([
      ['create', 'associate'],
      ['leave', 'leave'],
    ])
    expect(requestsTo(sandbox, 'GET', '/users/search')).toHaveLength(2)
  })

  it('a second address of a user is that user, and two addresses of one user are one person', async () => {
    const { organizations, sandbox } = await started()
    await addAddress(sandbox, NOBODYS.id, 'nora.second@sold.example')
    await addAddress(sandbox, ELSEWHERE.id, 'elsa.second@sold.example')
    const people = ['Nora.Second@sold.example', 'nora@sold.example', 'elsa.second@sold.example'].map((email) =>
      person(email),
    )
    expect(actions(await organizations.prepare?.([creating('A', people)], testRun().run))).toEqual([
      ['associate', 'leave', 'leave'],
    ])
  })
})

describe('SAFE-15: agents and admins are left where they are', () => {
  const agents = ['agent', 'admin'] as const
  const users = agents.map((role, index) => ({
    id: 2010 + index,
    name: role,
    email: `${role}@support.example`,
    role,
    organization_id: null,
  }))
  const emails = users.map(({ email }) => email)

  it('the plan says so, and why', async () => {
    const { organizations } = await started({ users })
    const people = emails.map((email) => person(email))
    const planned = await organizations.prepare?.([creating('A', people)], testRun().run)
    expect(actions(planned)).toEqual([['staff', 'staff']])
  })

  it.each(['create', 'associate'] as const)('who has become one since the plan (%s) stays, too', async (action) => {
    const { organizations, sandbox, userAt } = await started({ users })
    const outcomes = await applied(organizations, [
      creating(
        'A',
        emails.map((email) => person(email, action)),
      ),
    ])
    expect(outcomes.get('A')).toMatchObject({ status: 'done' })
    expect(emails.map((email) => userAt(email)?.organization_id)).toEqual([null, null])
    expect(requestsTo(sandbox, 'PUT', '/users')).toEqual([])
  })
})

describe('addresses are compared as IDN', () => {
  it.each([
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@xn--bcher-kva.example', 'ann@bücher.example'],
    ['Ann@BÜCHER.example', 'ann@bücher.example'],
  ])('who has %s in Zendesk is found as %s', async (there, wanted) => {
    const { organizations } = await started({ users: [{ ...NOBODYS, email: there }] })
    const planned = await organizations.prepare?.(
      [creating('A', [person(wanted)]), creating('B', [person(there)])],
      testRun().run,
    )
    expect(actions(planned)).toEqual([['associate'], ['leave']])
  })
})

describe('what comes along with a new organization', () => {
  it('is described in words that a plan can keep', async () => {
    const { organizations } = await started()
    const people = [
      person('new@x.example'),
      person('b@x.example', 'associate'),
      person('c@x.example', 'leave'),
      person('d@x.example', 'staff'),
    ]
    expect(organizations.describe?.(creating('A', people))).toEqual([
      { code: 'user-new', message: 'new@x.example: new user' },
      { code: 'user-joins', message: 'b@x.example: user without organization, gets this one' },
      { code: 'user-stays', message: 'c@x.example: user of another organization, stays there' },
      { code: 'user-staff', message: 'd@x.example: agent or admin, stays there (SAFE-15)' },
    ])
    expect(organizations.describe?.(creating('A'))).toEqual([])
  })

  it.each([[[]], ['Ada'], [{ people: 'Ada' }], [{ people: [{ email: 'a@x' }] }], [{ contacts: [] }]])(
    'is refused where it is no list of people: %j',
    async (along) => {
      const { organizations } = await started()
      const wrong: Change = { ...creating('A'), along }
      await expect(organizations.prepare?.([wrong], testRun().run)).rejects.toMatchObject({
        code: 'ROW_INVALID',
        message: 'What comes along with the new organization A is no list of people',
      })
    },
  )

  it('is nothing that a user could bring', async () => {
    expect((await started()).target).not.toHaveProperty('describe')
  })
})

describe('the addresses of a user', () => {
  it.each([403, 404])('that may not be seen, or are gone (%i), are none: the plan goes on', async (status) => {
    const { organizations, sandbox } = await started({
      faults: [{ service: 'zendesk', path: '/identities', method: 'GET', kind: 'status', status, times: 0 }],
    })
    await addAddress(sandbox, NOBODYS.id, 'second@sold.example')
    expect(
      actions(await organizations.prepare?.([creating('A', [person('second@sold.example')])], testRun().run)),
    ).toEqual([['create']])
  })

  it('cannot break out of the search: quotes in an address are left out', async () => {
    const { organizations, sandbox } = await started()
    await organizations.prepare?.([creating('A', [person('"x" role:admin"@sold.example')])], testRun().run)
    expect(requestsTo(sandbox, 'GET', '/users/search').map(({ query }) => query['query'])).toEqual([
      'email:"x role:admin@sold.example"',
    ])
  })
})

describe('the people of a new organization (SYN-03)', () => {
  it('are created in it, without a mail to them, or given to it; the outcome counts them', async () => {
    const { organizations, sandbox, userAt, userOf } = await started()
    const people = [
      person('new@sold.example'),
      person('nora@sold.example', 'associate'),
      person('elsa@sold.example', 'leave'),
    ]
    const before = userOf(ELSEWHERE.id)
    const outcomes = await applied(organizations, [creating('A', people)])
    const home = instance(sandbox).organizations.find(({ external_id: id }) => id === 'A')?.id
    expect(outcomes.get('A')).toEqual({
      key: 'A',
      status: 'done',
      id: String(home),
      facts: { people: 2 },
    })
    expect(userAt('new@sold.example')).toMatchObject({ name: 'new', organization_id: home, role: 'end-user' })
    expect(userOf(NOBODYS.id)).toMatchObject({ name: 'Nora', organization_id: home })
    expect(userOf(ELSEWHERE.id)).toEqual(before)
    expect(requestsTo(sandbox, 'POST', '/users').map(({ body }) => body)).toEqual([
      { user: { name: 'new', email: 'new@sold.example', organization_id: home, skip_verify_email: true } },
    ])
  })

  it('an organization that nobody came with, or only people of other ones, has got none (SYN-04); one of another sync says nothing', async () => {
    const { organizations } = await started()
    const outcomes = await applied(organizations, [
      creating('A', []),
      creating('B', [person('elsa@sold.example', 'leave')]),
      creating('C'),
    ])
    expect(
      [...outcomes.values()]
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .map((outcome) => ('facts' in outcome ? outcome.facts : undefined)),
    ).toEqual([{ people: 0 }, { people: 0 }, undefined])
  })

  it('no organization, no people: a refused create touches no user', async () => {
    const { organizations, sandbox } = await started()
    const outcomes = await applied(organizations, [
      { ...creating('A', [person('new@sold.example')]), fields: { name: { from: null, to: 'acme' } } },
    ])
    expect(outcomes.get('A')).toMatchObject({ status: 'failed', code: 'name-taken' })
    expect(requestsTo(sandbox, 'POST', '/users')).toEqual([])
  })

  it.each(['lost', 'cut'] as const)(
    'a user whose create was %s is looked up, and not created twice (SAFE-05)',
    async (kind) => {
      const { organizations, sandbox } = await started({ faults: [{ ...POST, kind }] })
      const outcomes = await applied(organizations, [creating('A', [person('new@sold.example')])])
      expect(outcomes.get('A')).toMatchObject({ facts: { people: 1 } })
      expect(requestsTo(sandbox, 'POST', '/users')).toHaveLength(1)
    },
  )

  it('a user whose create never arrived is sent again', async () => {
    const { organizations, sandbox } = await started({ faults: [{ ...POST, kind: 'reset' }] })
    const outcomes = await applied(organizations, [creating('A', [person('new@sold.example')])])
    expect(outcomes.get('A')).toMatchObject({ facts: { people: 1 } })
    expect(requestsTo(sandbox, 'POST', '/users')).toHaveLength(2)
  })

  it('the search index may be behind: a lost create that is not found yet is found in a later round', async () => {
    const { organizations, userAt } = await started({ faults: [{ ...POST, kind: 'lost' }, NOT_FOUND] })
    const outcomes = await applied(organizations, [creating('A', [person('new@sold.example')])])
    expect(outcomes.get('A')).toMatchObject({ facts: { people: 1 } })
    expect(userAt('new@sold.example')).toBeDefined()
  })

  it('an index that stays behind ends in a failure that is counted, and the organization is created all the same', async () => {
    const { organizations } = await started({ faults: [{ ...NOT_FOUND, times: 0 }] })
    const outcomes = await applied(organizations, [creating('A', [person('nora@sold.example')])])
    expect(outcomes.get('A')).toMatchObject({
      status: 'done',
      facts: { people: 0 },
      partly: [missing('nora@sold.example', 'no-answer')],
    })
  })

  it('a Zendesk that is away all that time ends the run, rather than leaving people out of what was created', async () => {
    const { organizations } = await started({ faults: [{ ...POST, kind: 'status', status: 503, times: 0 }] })
    await expect(applied(organizations, [creating('A', [person('new@sold.example')])])).rejects.toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      status: 503,
    })
  })

  it('an address that Zendesk does not accept is tried once, and the others go through', async () => {
    const { organizations, sandbox } = await started()
    const run = testRun()
    const outcomes = await applied(
      organizations,
      [creating('A', [person('no address'), person('new@sold.example')])],
      run,
    )
    expect(outcomes.get('A')).toMatchObject({
      facts: { people: 1 },
      partly: [missing('no address', 'record-invalid')],
    })
    expect(requestsTo(sandbox, 'POST', '/users')).toHaveLength(2)
    expect(run.pauses).toEqual([])
  })

  it.each([
    ['create', 'nora@sold.example', { people: 1 }],
    ['create', 'elsa@sold.example', { people: 0 }],
    ['associate', 'elsa@sold.example', { people: 0 }],
    ['associate', 'new@sold.example', { people: 1 }],
  ] as const)('what was planned (%s %s) is outdated: what is there now decides', async (action, email, facts) => {
    const { organizations, sandbox, userAt } = await started()
    const outcomes = await applied(organizations, [creating('A', [person(email, action)])])
    expect(outcomes.get('A')).toMatchObject({ facts })
    const home = instance(sandbox).organizations.find(({ external_id: key }) => key === 'A')?.id
    expect(userAt(email)?.organization_id).toBe(facts.people === 1 ? home : OTHER)
    expect(home).not.toBe(HOME)
  })

  it('who was to be left is left, also where the other organization is gone meanwhile: nobody has approved more', async () => {
    const { organizations, userOf } = await started()
    const before = userOf(NOBODYS.id)
    const outcomes = await applied(organizations, [creating('A', [person('nora@sold.example', 'leave')])])
    expect(outcomes.get('A')).toMatchObject({ facts: { people: 0 } })
    expect(userOf(NOBODYS.id)).toEqual(before)
  })

  it('who may not be created is a failure of theirs alone: the organization is told as created, and the address is not', async () => {
    const { organizations } = await started({ faults: [{ ...POST, kind: 'status', status: 403, times: 0 }] })
    const run = testRun()
    const outcomes = await applied(organizations, [creating('A', [person('new@sold.example')])], run)
    expect(outcomes.get('A')).toMatchObject({
      status: 'done',
      facts: { people: 0 },
      partly: [missing('new@sold.example', 'http-403')],
    })
    expect(run.progress.join('\n')).toMatch(/somebody who comes with organization \d+ was not added \(http-403\)/)
    expect(run.progress.join('\n')).not.toContain('sold.example')
  })

  it('an abort does not part an organization from its people: what was begun is finished (SAFE-06)', async () => {
    const { organizations, sandbox } = await started({ faults: [{ ...POST, kind: 'latency', ms: 200 }] })
    const { run, abort } = testRun()
    const underWay = setInterval(() => {
      if (requestsTo(sandbox, 'POST', '/users').length === 0) return
      clearInterval(underWay)
      abort(new Error('enough'))
    }, 5)
    const change = creating('A', [person('new@sold.example'), person('nora@sold.example', 'associate')])
    const { steps } = await told(stepsOf(organizations, [change], run))
    expect(outcomesOf(steps)).toMatchObject([{ key: 'A', status: 'done', facts: { people: 2 } }])
  })

  it('an abort waits five seconds for people; who is missing then is seen to when the create is settled (SAFE-06)', async () => {
    const { organizations, sandbox } = await started({ faults: [{ ...POST, kind: 'latency', ms: 1_000, times: 0 }] })
    const { run, abort } = testRun()
    const emails = Array.from({ length: 12 }, (_, n) => `n${n}@sold.example`)
    const change = creating(
      'A',
      emails.map((email) => person(email)),
    )
    let since = 0
    const underWay = setInterval(() => {
      if (requestsTo(sandbox, 'POST', '/users').length === 0) return
      clearInterval(underWay)
      since = performance.now()
      abort(new Error('enough'))
    }, 5)
    const { steps, error } = await told(stepsOf(organizations, [change], run))
    expect(error).toMatchObject({ message: 'enough' })
    expect(steps).toEqual([{ status: 'sending', keys: ['A'] }])
    expect(performance.now() - since).toBeLessThan(9_000)
    const added = () => instance(sandbox).users.filter(({ email }) => emails.includes(email ?? ''))
    expect(added().length).toBeGreaterThan(1)
    expect(added().length).toBeLessThan(emails.length)

    sandbox.faults.clear()
    const settled = await collect(organizations.settle([{ change }], testRun().run))
    expect(settled).toMatchObject([{ key: 'A', status: 'done', facts: { people: 12 } }])
    expect(added()).toHaveLength(12)
  })

  it('a service that is down ends the run; what is missing is made up for when the create is settled (SAFE-06)', async () => {
    const { organizations, sandbox, userOf } = await started({
      faults: [{ service: 'zendesk', path: '/users', kind: 'status', preset: 'unavailable', times: 0 }],
    })
    const change = creating('A', [person('nora@sold.example', 'associate'), person('new@sold.example')])
    const { steps, error } = await told(stepsOf(organizations, [change], testRun().run))
    expect(error).toMatchObject({ code: 'HTTP_UNAVAILABLE' })
    expect(steps).toEqual([{ status: 'sending', keys: ['A'] }])

    sandbox.faults.clear()
    const settled = await collect(organizations.settle([{ change }], testRun().run))
    const home = instance(sandbox).organizations.find(({ external_id: key }) => key === 'A')?.id
    expect(settled).toEqual([{ key: 'A', status: 'done', id: String(home), facts: { people: 2 } }])
    expect(userOf(NOBODYS.id)?.organization_id).toBe(home)
  })

  it('are given their organization one a second, as Zendesk takes updates of users (ZD-22)', async () => {
    const nobodys = Array.from({ length: 5 }, (_, n) => ({ ...NOBODYS, id: 2001 + n, email: `n${n}@sold.example` }))
    const { organizations, sandbox } = await started({ users: nobodys, zendesk: { userUpdatesPerSecond: 1 } })
    const creates = nobodys.map(({ email }, n) => creating(`K${n}`, [person(email, 'associate')]))
    const outcomes = await applied(organizations, creates, {
      ...testRun(),
      run: { ...testRun().run, clock: systemClock() },
    })
    expect([...outcomes.values()].map((outcome) => 'facts' in outcome && outcome.facts)).toEqual(
      nobodys.map(() => ({ people: 1 })),
    )
    expect(requestsTo(sandbox, 'PUT', '/users').filter(({ status }) => status === 429).length).toBeLessThan(2)
  })

  it('are not looked at when a user target creates users (Global only)', async () => {
    const { target, sandbox } = await started()
    const fields = { name: { from: null, to: 'Ada' }, email: { from: null, to: 'ada@x.example' } }
    await collect(stepsOf(target, [{ op: 'create', key: 'ada@x.example', fields }], testRun().run))
    expect(requestsTo(sandbox, 'GET', '/users/search')).toEqual([])
  })
})
