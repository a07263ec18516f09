import { afterEach, describe, expect, test } from 'vitest'
import { startSandbox, type Fault, type Sandbox, type World } from 'zds/sandbox'
import { runsOf } from '../support/runs.ts'
import { slackLinesUnder } from '../support/slack.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

let open: { sandbox: Sandbox; here: Project } | undefined
afterEach(async () => {
  open?.here.remove()
  await open?.sandbox.close()
  open = undefined
})

const sample = sampleWorld('plain')
/**
 * Accounts whose organizations are created in Global: three that were sold to nobody, and one
 * other.
 */
// The one left out has no running subscription.
const [first = '', second = '', , third = ''] = sample.expected.slack.expected.map(({ key }) => key)
const [other = ''] = sample.expected.slack.unexpected.map(({ key }) => key)

/** The sample world, in which the subscriptions of these accounts were sold to these addresses. */
async function started(sold: { readonly [account: string]: string }, faults: readonly Fault[] = []) {
  const { salesforce, zendesk } = sample.world
  const { global } = zendesk
  if (global === undefined) throw new Error('the sample has no instance global')
  const [home] = global.organizations
  const subscriptions = (salesforce['Zuora__Subscription__c'] ?? []).map((row) => {
    const account = row['Zuora__Account__c']
    const email = typeof account === 'string' ? sold[account] : undefined
    return email === undefined ? row : { ...row, Sold_To_Email__c: email }
  })
  const users = [
    ...global.users,
    { id: 555_001, name: 'Nora', email: 'Nora@sold.example', role: 'end-user' as const, organization_id: null },
    {
      id: 555_002,
      name: 'Elsa',
      email: 'elsa@sold.example',
      role: 'end-user' as const,
      organization_id: home?.id ?? null,
    },
  ]
  const world: World = {
    ...sample.world,
    salesforce: { ...salesforce, Zuora__Subscription__c: subscriptions },
    zendesk: { ...zendesk, global: { ...global, users } },
  }
  const sandbox = await startSandbox({ world, faults })
  const here = project({ ...sandbox.env, ...sample.environment, ZDS_HTTP_ATTEMPTS: '3' })
  open = { sandbox, here }
  const { asOf } = sample.expected
  const instance = () => sandbox.zendesk['global']
  return {
    sandbox,
    home: home?.id,
    organization: (key: string) => instance()?.organizations.find(({ external_id: id }) => id === key)?.id,
    user: (email: string) => instance()?.users.find((one) => one.email?.toLowerCase() === email),
    lonely: () => slackLinesUnder(sandbox.slack.messages, 'New organizations without people').join('\n'),
    ...runsOf(here, asOf),
    zds: (...args: readonly string[]) => here.zds(...args, '--as-of', asOf),
  }
}

describe('sold-to contacts of new Global organizations (SYN-03)', () => {
  test('not there: created; there without an organization: gets it; of another one: left; named twice: goes to the first', async () => {
    const sold = {
      [first]: 'nora@sold.example',
      [second]: 'ELSA@sold.example',
      [other]: 'Twice@sold.example',
      [third]: 'twice@sold.example',
    }
    const { apply, plan, changes, zds, organization, user, lonely, home } = await started(sold)
    const planned = (await plan()).syncs.find(({ name }) => name === 'global')
    const remarksOf = (key: string) => [...(planned?.changes ?? [])].find((change) => change.key === key)?.remarks
    const [joins, stays] = ['user without organization, gets this one', 'user of another organization, stays there']
    expect([first, second, other, third].map(remarksOf)).toEqual([
      [{ code: 'user-joins', message: `nora@sold.example: ${joins}` }],
      [{ code: 'user-stays', message: `elsa@sold.example: ${stays}` }],
      [
        { code: 'user-new', message: 'twice@sold.example: new user' },
        { code: 'user-new', message: 'person.221@customer.example: new user' },
      ],
      [{ code: 'user-stays', message: `twice@sold.example: ${stays}` }],
    ])
    expect((await zds('plan', '--all')).stdout).toContain('twice@sold.example: new user')

    expect(await apply()).toMatchObject({ code: 0 })
    expect(user('nora@sold.example')).toMatchObject({ id: 555_001, name: 'Nora', organization_id: organization(first) })
    expect(user('elsa@sold.example')).toMatchObject({ id: 555_002, organization_id: home })
    expect(user('twice@sold.example')).toMatchObject({ name: 'twice', organization_id: organization(other) })
    expect([first, second, other, third].map((key) => lonely().includes(key))).toEqual([false, true, false, true])
    expect(await changes()).toEqual([])
  })

  test('an answer that is lost and an index that is behind make no second user, and fail nothing', async () => {
    const { apply, user, organization, lonely, sandbox } = await started({ [first]: 'new@sold.example' }, [
      { service: 'global', method: 'POST', path: '/users', body: 'new@sold.example', kind: 'lost' },
      // The first is the plan's, the second the one after the lost answer.
      {
        service: 'global',
        path: '/users/search?query=email:"new@sold',
        at: 2,
        kind: 'status',
        status: 200,
        responseBody: { users: [], count: 0 },
      },
    ])
    expect(await apply()).toMatchObject({ code: 0 })
    expect(sandbox.faults.fired).toHaveLength(2)
    expect(user('new@sold.example')?.organization_id).toBe(organization(first))
    expect(sandbox.zendesk['global']?.users.filter(({ email }) => email === 'new@sold.example')).toHaveLength(1)
    expect(lonely()).not.toContain(first)
  })

  test('users that may not be created: the organizations are, Slack hears why they have nobody, and no line names an address', async () => {
    const { zds, organization, lonely } = await started({ [first]: 'new@sold.example' }, [
      { service: 'global', method: 'POST', path: '/users', kind: 'status', status: 403, times: 0 },
    ])
    const { code, stdout, stderr } = await zds('apply', '--yes')
    expect(code).toBe(4)
    expect(stdout).toContain(`${first}  people-not-added: new@sold.example could not be added to it (http-403)`)
    expect(stdout).toContain(' of them in part')
    expect(organization(first)).toBeDefined()
    expect(lonely()).toMatch(new RegExp(`\\(${first}\\), 1 could not be added`))
    expect(stderr).not.toContain('new@sold.example')
  })

  test('partners and US Government get none: only the customer sync of Global has them', async () => {
    const { plan } = await started({})
    const { syncs } = await plan()
    expect(
      syncs.filter(({ changes }) => [...changes].some(({ along }) => along !== undefined)).map(({ name }) => name),
    ).toEqual(['global'])
  })
})
