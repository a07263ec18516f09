import { afterEach, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { runsOf } from '../support/runs.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

type Row = World['salesforce'][string][number]
type Users = World['zendesk'][string]['users']

const sample = sampleWorld('plain')
const govOf = (world: World) =>
  world.zendesk['us_gov'] ?? { organizations: [], users: [], organization_fields: [], user_fields: [] }
/** The organizations that have an account. */
const keyed = govOf(sample.world).organizations.filter((one) => accountOf(one) !== '')
const accountIds = keyed.map(accountOf)

function accountOf(organization: World['zendesk'][string]['organizations'][number] | undefined): string {
  const account = organization?.organization_fields?.['salesforce_id']
  return typeof account === 'string' ? account : ''
}

let open: { sandbox: Sandbox; here: Project } | undefined
afterEach(async () => {
  open?.here.remove()
  await open?.sandbox.close()
  open = undefined
})

async function started(changes: { contacts?: readonly Row[]; users?: Users; world?: Partial<World> } = {}) {
  const gov = govOf(sample.world)
  const world: World = {
    ...sample.world,
    salesforce: {
      ...sample.world.salesforce,
      Contact: [...(sample.world.salesforce['Contact'] ?? []), ...(changes.contacts ?? [])],
    },
    zendesk: { ...sample.world.zendesk, us_gov: { ...gov, users: [...gov.users, ...(changes.users ?? [])] } },
    ...changes.world,
  }
  const sandbox = await startSandbox({ world })
  const here = project({ ...sandbox.env, ...sample.environment })
  open = { sandbox, here }
  const runs = runsOf(here, sample.expected.asOf)
  return {
    sandbox,
    user: (email: string) => sandbox.zendesk['us_gov']?.users.find((one) => one.email?.toLowerCase() === email),
    apply: () => runs.apply({ force: true }),
    plan: async () => (await runs.plan()).syncs.find(({ name }) => name === 'us-gov-users'),
  }
}

let id = 0
const contact = (email: string, account: string | undefined, more: Row = {}): Row => ({
  Id: `003E2E${String((id += 1)).padStart(9, '0')}AAA`,
  Name: `Contact ${email}`,
  Email: email,
  AccountId: account ?? '',
  Inactive_Contact__c: false,
  Role__c: 'Gitlab Admin',
  ...more,
})
const user = (email: string, more: Users[number] = {}): Users[number] => ({
  name: `Contact ${email}`,
  email,
  role: 'end-user',
  organization_id: keyed[0]?.id ?? null,
  ...more,
})

/** Gives a user an address beside the main one. */
async function addAddress(sandbox: Sandbox, user: number, value: string): Promise<void> {
  const { ZENDESK_US_GOV_EMAIL: email, ZENDESK_US_GOV_API_TOKEN: token } = sandbox.tokenEnv
  const answer = await fetch(`${sandbox.zendesk['us_gov']?.url}/api/v2/users/${user}/identities`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${email}/token:${token}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ identity: { type: 'email', value } }),
  })
  expect(answer.status).toBe(201)
}

describe('users of US Government', () => {
  test('move, keep their suspension, come back, are protected; contacts in any case, with any role list (USR-01..07, CTC-01..06)', async () => {
    const [first = '', second = ''] = accountIds
    const {
      apply,
      plan,
      user: at,
      sandbox,
    } = await started({
      contacts: [
        contact('mover@agency.example', second),
        contact('suspended@agency.example', first, { Name: 'Renamed' }),
        contact('BACK@Agency.example', first, { Role__c: 'Billing;Gitlab Admin' }),
        contact('inactive@agency.example', first, { Inactive_Contact__c: true }),
        contact('Liaison@GitLab.com', first),
        contact('fresh@agency.example', second),
        contact('fresh@AGENCY.example', first),
        contact('agent@agency.example', second, { Name: 'Somebody Else' }),
      ],
      users: [
        user('mover@agency.example', { notes: 'by an agent' }),
        user('suspended@agency.example', { suspended: true }),
        user('back@agency.example', { user_fields: { not_in_sfdc: true } }),
        user('inactive@agency.example'),
        user('agent@agency.example', { role: 'agent' }),
      ],
    })
    const agent = at('agent@agency.example')
    expect(await apply()).toMatchObject({ code: 0 })
    const home = (account: string | undefined) =>
      sandbox.zendesk['us_gov']?.organizations.find((one) => one.organization_fields['salesforce_id'] === account)?.id
    expect(at('mover@agency.example')).toMatchObject({ organization_id: home(second), notes: 'by an agent' })
    expect(at('suspended@agency.example')).toMatchObject({
      name: 'Renamed',
      suspended: true,
      organization_id: home(first),
    })
    expect(at('back@agency.example')?.user_fields['not_in_sfdc']).toBe(false)
    expect(at('inactive@agency.example')).toMatchObject({
      organization_id: home(first),
      user_fields: { not_in_sfdc: true },
    })
    expect(at('liaison@gitlab.com')).toBeUndefined()
    // The first by account id.
    expect(at('fresh@agency.example')).toMatchObject({
      organization_id: home([first, second].toSorted((a, b) => (a < b ? -1 : 1))[0]),
      role: 'end-user',
    })
    expect(at('agent@agency.example')).toEqual(agent)
    expect((await plan())?.changes).toEqual([])
  })

  test('a changed primary address: the contact’s is a second one now, so nobody is created or marked, and both are reported', async () => {
    const [account] = accountIds
    const {
      apply,
      plan,
      sandbox,
      user: at,
    } = await started({
      contacts: [contact('old@agency.example', account)],
      users: [user('new@agency.example', { id: 777_001 })],
    })
    await addAddress(sandbox, 777_001, 'old@agency.example')
    const before = at('new@agency.example')
    const planned = await plan()
    expect(
      planned?.skipped.filter(({ reason }) => reason === 'second-address').map(({ key, id: of }) => [key, of]),
    ).toEqual([
      ['old@agency.example', '777001'],
      ['new@agency.example', '777001'],
    ])
    expect(await apply()).toMatchObject({ code: 0 })
    expect(at('new@agency.example')).toEqual(before)
    expect(at('old@agency.example')).toBeUndefined()
  })

  test('two organizations with one salesforce_id: their users keep what they have (AMB-16)', async () => {
    const gov = govOf(sample.world)
    const [twin] = keyed
    const account = accountOf(twin)
    const organizations = [...gov.organizations, { ...twin, id: 888_001, name: 'A twin', external_id: null }]
    const { apply, user: at } = await started({
      world: {
        salesforce: {
          ...sample.world.salesforce,
          Contact: [
            ...(sample.world.salesforce['Contact'] ?? []).filter((one) => one['AccountId'] !== account),
            contact('of-twin@agency.example', account),
          ],
        },
        zendesk: {
          ...sample.world.zendesk,
          us_gov: {
            ...gov,
            organizations,
            users: [...gov.users, user('of-twin@agency.example', { organization_id: 888_001 })],
          },
        },
      },
    })
    expect(await apply()).toMatchObject({ code: 0 })
    expect(at('of-twin@agency.example')).toMatchObject({
      organization_id: 888_001,
      user_fields: { not_in_sfdc: false },
    })
  })

  test.each([
    ['its name', (name: string | null | undefined) => ({ name: ` ${name ?? ''} ` })],
    ['its external id', (_: unknown, account: string) => ({ name: 'Somebody else', external_id: account })],
  ])(
    'an organization that is not created, as another one has %s: its contacts who are users, be it by a second address, stay, and where they are (AMB-20, SAFE-05, ZD-10)',
    async (_, taken) => {
      const gov = govOf(sample.world)
      const [, lost] = keyed
      const account = accountOf(lost)
      const organizations = [
        ...gov.organizations.filter((one) => one !== lost),
        { id: 888_002, organization_fields: {}, ...taken(lost?.name, account) },
      ]
      const homed = ({ organization_id: home }: Users[number]): boolean =>
        home === undefined || organizations.some(({ id: known }) => known === home)
      const {
        apply,
        plan,
        sandbox,
        user: at,
      } = await started({
        contacts: ['stays', 'waits', 'former'].map((one) => contact(`${one}@agency.example`, account)),
        world: {
          zendesk: {
            ...sample.world.zendesk,
            us_gov: {
              ...gov,
              organizations,
              users: [
                ...gov.users.filter(homed),
                user('stays@agency.example', { organization_id: 888_002 }),
                user('untied@agency.example', { organization_id: 888_002 }),
                user('renamed@agency.example', { id: 777_002, organization_id: 888_002 }),
              ],
            },
          },
        },
      })
      await addAddress(sandbox, 777_002, 'former@agency.example')
      const skipped = (await plan())?.skipped.map(({ key, reason }) => `${key} ${reason}`)
      expect(skipped).toEqual(
        expect.arrayContaining([
          'waits@agency.example no-organization',
          'former@agency.example no-organization',
          'renamed@agency.example second-address',
        ]),
      )
      expect(await apply()).toMatchObject({ code: 0 })
      expect(at('stays@agency.example')).toMatchObject({
        organization_id: 888_002,
        user_fields: { not_in_sfdc: false },
      })
      expect(at('waits@agency.example')).toBeUndefined()
      expect(at('renamed@agency.example')).toMatchObject({ user_fields: { not_in_sfdc: false } })
      expect(at('untied@agency.example')).toMatchObject({ user_fields: { not_in_sfdc: true } })
      expect((await plan())?.changes).toEqual([])
    },
  )

  test('CTC-01, CTC-02: the contacts of 501 organizations are asked for in two queries, of the documented text', async () => {
    const gov = govOf(sample.world)
    const more = Array.from({ length: 501 - new Set(accountIds).size }, (_, n) => {
      const key = `001PX${String(n).padStart(10, '0')}YAA`
      return { name: `Agency ${n}`, external_id: key, organization_fields: { salesforce_id: key } }
    })
    const us_gov = { ...gov, organizations: [...gov.organizations, ...more] }
    const { plan, sandbox } = await started({ world: { zendesk: { ...sample.world.zendesk, us_gov } } })
    expect((await plan())?.excesses).toEqual([])
    const queries = sandbox.requests.flatMap(({ query: { q = '' } }) => (q.includes('FROM Contact') ? [q] : []))
    expect(queries.map((soql) => soql.match(/'001\w{15}'/g)?.length)).toEqual([500, 1])
    expect(queries[1]).toMatch(
      /^SELECT Name, ?Email, ?Account\.Account_ID_18__c FROM Contact WHERE \(Inactive_Contact__c = false AND Role__c INCLUDES \('Gitlab Admin'\) AND Name != '' AND Email != ''\) AND Account\.Account_ID_18__c IN \('001\w{15}'\)$/,
    )
  })

  test('a user of an organization that was not created ends unresolved, and is caught up with in the next run (SAFE-08)', async () => {
    const { world, expected, environment } = sampleWorld('cases')
    const waiting = expected['us-gov-users'].filter(
      (one) => one.organization_id === null && ['create', 'update'].includes(one.action),
    )
    const faults = [
      { service: 'us_gov', method: 'POST', path: '/organizations', kind: 'status', status: 422, times: 0 },
    ] as const
    const sandbox = await startSandbox({ world, faults })
    const here = project({ ...sandbox.env, ...environment })
    open = { sandbox, here }
    const apply = () => runsOf(here, expected.asOf).apply({ force: true })
    const { code, syncs } = await apply()
    expect(code).toBe(4)
    const failures = syncs.find(({ name }) => name === 'us-gov-users')?.failures
    expect(failures?.map(({ key, status }) => [key, status])).toEqual(waiting.map(({ email }) => [email, 'unresolved']))

    sandbox.faults.clear()
    expect(await apply()).toMatchObject({ code: 0 })
    const homes = new Map(sandbox.zendesk['us_gov']?.organizations.map((one) => [one.id, accountOf(one)]))
    for (const { email, key } of waiting) {
      const user = sandbox.zendesk['us_gov']?.users.find((one) => one.email === email)
      expect(homes.get(user?.organization_id ?? 0)).toBe(key)
    }
  })
})
