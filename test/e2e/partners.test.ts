import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { salesforceIdOf } from 'zds/salesforce-source'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { runsOf } from '../support/runs.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')

let open: { sandbox: Sandbox; here: Project } | undefined
afterEach(async () => {
  open?.here.remove()
  await open?.sandbox.close()
  open = undefined
})

async function started(changes: Partial<World> = {}) {
  const sandbox = await startSandbox({ world: { ...world, ...changes } })
  const here = project({ ...sandbox.env, ...environment })
  open = { sandbox, here }
  return { sandbox, here }
}

async function plannedOf(here: Project) {
  const { syncs } = await runsOf(here, expected.asOf).plan()
  return syncs.find(({ name }) => name === 'partners')?.changes ?? []
}

test('AMB-17: an account that becomes a customer while accounts are read is left, not retired', async () => {
  const { sandbox, here } = await started()
  const known = sandbox.zendesk['global']?.organizations ?? []
  const { tables } = sandbox.salesforce
  const rows = tables['Account'] ?? []
  const isCustomer = (row: (typeof rows)[number]): boolean =>
    row['Type'] === 'Customer' &&
    known.some(({ organization_fields: of }) => of['salesforce_id'] === row['Account_ID_18__c'] && of['aar'] !== null)
  const account = rows.find(isCustomer) ?? {}
  account['Type'] = 'Prospect'
  // When it is asked why its organization has no account, it is a customer again.
  Object.defineProperty(tables, 'Account', {
    get: () => {
      if (sandbox.requests.at(-1)?.query['q']?.includes('Account_ID_18__c IN (')) account['Type'] = 'Customer'
      return rows
    },
  })
  const { syncs } = await runsOf(here, expected.asOf).plan()
  const key = account['Account_ID_18__c']
  expect(syncs.flatMap(({ changes }) => [...changes].filter((change) => change.key === key))).toEqual([])
  expect(syncs.flatMap(({ skipped }) => skipped.filter((skip) => skip.key === key))).toMatchObject([
    { reason: 'arrived-meanwhile' },
  ])
  const [next] = (await runsOf(here, expected.asOf).plan()).syncs.map(({ skipped }) => skipped)
  expect(next?.filter((skip) => skip.key === key)).toEqual([])
})

test.each(['open_partner', 'customer'])(
  'SAFE-10: an organization of type %s whose id is a partner’s, or a customer’s, in another case is retired by no sync',
  async (type) => {
    const ids = ['001PLalliance00', '001PLcustomer00'].map((id) => salesforceIdOf(id) ?? '')
    const { global, ...others } = world.zendesk
    const organizations = ids.map((id, at) => ({
      id: at + 1,
      name: `Spelt otherwise ${at}`,
      organization_fields: { salesforce_id: id.slice(0, 15).toLowerCase(), account_type: type },
    }))
    const [partner, customer] = ids.map((Id, at) => ({
      ...world.salesforce['Account']?.find(({ Type }) => Type === (at === 0 ? 'Partner' : 'Customer')),
      Id,
      Account_ID_18__c: Id,
      Name: `Spelt ${at}`,
    }))
    const { here } = await started({
      allianceAccountId: ids[0] ?? '',
      salesforce: {
        ...world.salesforce,
        Account: [...(world.salesforce['Account'] ?? []), partner ?? {}, customer ?? {}],
      },
      zendesk: {
        ...others,
        ...(global && { global: { ...global, organizations: [...global.organizations, ...organizations] } }),
      },
    })
    const { syncs } = await runsOf(here, expected.asOf).plan()
    const ours = (id?: string): boolean => id === '1' || id === '2'
    expect(syncs.flatMap(({ changes }) => [...changes].filter(({ id }) => ours(id)))).toEqual([])
    const told = syncs.filter(({ name }) => name === 'global').flatMap(({ skipped }) => skipped)
    expect(told.flatMap(({ id, reason }) => (ours(id) ? [`${id} ${reason}`] : [])).toSorted()).toEqual([
      '1 id-case-lost',
      '2 id-case-lost',
    ])
  },
)

test.each([
  ['a customer that turns partner', 'Customer', 'Partner', "Type IN ('Customer'"],
  ['a partner that turns customer', 'Partner', 'Customer', 'Partners_Partner_Status__c'],
] as const)(
  'AMB-19: %s between the two reads of one run is retired by nobody, however slow either is',
  async (_what, from, to, slow) => {
    const { sandbox, here } = await started()
    const inSync = [...expected.global, ...expected.partners].filter(({ action }) => action === 'none')
    const isPartner = { Partners_Partner_Status__c: 'Authorized', Partner_Track__c: 'Open' }
    const account = sandbox.salesforce.tables['Account']?.find(
      ({ Type, Id }) => Type === from && inSync.some(({ key }) => key === Id),
    )
    Object.assign(account ?? {}, isPartner)
    sandbox.faults.add({ service: 'salesforce', path: slow, kind: 'latency', ms: 600, times: 0 })
    const watch = setInterval(() => {
      if (!sandbox.requests.some(({ query }) => query['q']?.includes(slow))) return
      clearInterval(watch)
      setTimeout(() => Object.assign(account ?? {}, { Type: to }), 250)
    }, 5)
    onTestFinished(() => clearInterval(watch))
    const { syncs } = await runsOf(here, expected.asOf).plan()
    expect(account).toMatchObject({ Type: to })
    const ofIt = syncs.flatMap(({ changes }) => [...changes].filter(({ key }) => key === account?.['Id']))
    expect(ofIt.filter(({ op }) => op === 'retire')).toEqual([])
    const left = syncs.flatMap(({ skipped }) => skipped.filter(({ key }) => key === account?.['Id']))
    expect(left.filter(({ reason }) => reason === 'arrived-meanwhile')).toHaveLength(to === 'Customer' ? 1 : 0)
  },
)

describe('partners', () => {
  test('PART-01: gather accounts, gather organizations, compare, sync; after the customers', async () => {
    const { here } = await started()
    const lines = (await here.zds('graph')).stdout.split('\n')
    for (const stage of [
      'gather:partner-rows',
      'gather:partner-accounts',
      'gather:global-organizations',
      'compare:partners',
    ]) {
      expect(lines.filter((line) => line.includes(stage))).not.toEqual([])
    }
    expect(lines.find((line) => line.includes('apply:partners'))).toContain('apply:global')
  })

  test('PART-02, SFA-26: the query, with the alliance by its setting; the track is asked for, the partner type by nobody', async () => {
    const { here, sandbox } = await started({ allianceAccountId: '001PALLIANCE000Y5D' })
    await plannedOf(here)
    const asked = sandbox.requests.flatMap(({ query: { q = '' } }) => (q.includes('Partner_Track__c IN') ? [q] : []))
    // They are read, and counted, under the same conditions (SAFE-02).
    const [reading = '', counting = '', ...more] = asked
    const [columns = '', where = ''] = reading.split(' FROM Account WHERE ')
    expect([counting, more]).toEqual([`SELECT COUNT() FROM Account WHERE ${where}`, []])
    expect(where).toBe(
      "Account_ID_18__c = '001PALLIANCE000Y5D' OR (Type = 'Partner' AND Partners_Partner_Status__c IN ('Authorized') AND Partner_Track__c IN ('Open','Select'))",
    )
    for (const column of [
      'Account_ID_18__c',
      'Name',
      'Account_Owner_Calc__c',
      'Technical_Account_Manager_Name__c',
      'Restricted_Account__c',
    ]) {
      expect(columns).toContain(column)
    }
    for (const column of [
      'Solutions_Architect_Lookup__r.Name',
      'Partner_Track__c',
      'Support_Hold__c',
      'Account_Risk_Level__c',
    ]) {
      expect(columns).toContain(column)
    }
    expect(sandbox.requests.filter(({ query: { q = '' } }) => q.includes('Partners_Partner_Type__c'))).toEqual([])
  })

  test('PART-03: the alliance is one by its id, whatever its type and track', async () => {
    const one = expected.partners.find(
      ({ action, fields }) => action === 'none' && fields?.['account_type'] === 'open_partner',
    )
    const { here } = await started({ allianceAccountId: one?.key ?? null })
    const changes = await plannedOf(here)
    expect([...changes].find(({ key }) => key === one?.key)?.fields).toEqual({
      account_type: { from: 'open_partner', to: 'alliance_partner' },
    })
  })

  test('PART-04, PART-05: restricted and escalated ones by the exact words', async () => {
    const [one, two] = expected.partners.filter(
      ({ action, fields }) => action === 'none' && fields?.['restricted_account'] === false,
    )
    const words = new Map<unknown, World['salesforce'][string][number]>([
      [one?.key, { Restricted_Account__c: 'Restricted Party', Account_Risk_Level__c: 'At Risk - Escalated' }],
      [two?.key, { Restricted_Account__c: 'restricted party', Account_Risk_Level__c: 'At Risk' }],
    ])
    const Account = (world.salesforce['Account'] ?? []).map((row) => ({
      ...row,
      ...words.get(row['Account_ID_18__c']),
    }))
    const { here } = await started({ salesforce: { ...world.salesforce, Account } })
    const changes = await plannedOf(here)
    expect([...changes].find(({ key }) => key === one?.key)?.fields).toEqual({
      restricted_account: { from: false, to: true },
      org_in_escalated_state: { from: false, to: true },
    })
    expect([...changes].find(({ key }) => key === two?.key)).toBeUndefined()
  })
})
