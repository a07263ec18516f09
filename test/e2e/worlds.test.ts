import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import type { Plan } from 'zds'
import { planLeft } from '../../src/core/run/plan-parts.ts'
import { artifactsIn } from '../../src/core/state/artifacts.ts'
import { runsOf, type Runs } from '../support/runs.ts'
import { mrkdwn, slackLinesUnder } from '../support/slack.ts'
import { emptied, organizationOf, sampleWorld, type Expected, type Organization } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

/** Fields of an organization that its sync may change; everything else must stay as it was. */
const MOVES = new Set(['name', 'external_id', 'tags', 'updated_at', 'organization_fields'])

describe.each(['cases', 'plain'] as const)('the world %s, after one apply', (name) => {
  const { world, expected, environment } = sampleWorld(name)
  let sandbox: Sandbox
  let here: Project
  let runs: Runs
  let applied: Awaited<ReturnType<Runs['apply']>>
  /** What the instances held before, by instance and id. */
  let before: Map<string, Map<number, Organization>>
  /** All of it, in the form of a world. */
  let start: World

  beforeAll(async () => {
    sandbox = await startSandbox({ world })
    start = sandbox.snapshot()
    before = new Map(
      Object.entries(sandbox.zendesk).map(([instance, { organizations }]) => [
        instance,
        new Map(organizations.map((one) => [one.id, one])),
      ]),
    )
    here = project({ ...sandbox.env, ...environment })
    runs = runsOf(here, expected.asOf)
    applied = await runs.apply({ force: name === 'cases' })
  })
  afterAll(async () => {
    here.remove()
    await sandbox.close()
  })

  test('the apply succeeded', () => {
    expect(applied).toMatchObject({ code: 0 })
  })

  describe.each([
    ['global', 'global'],
    ['us-gov', 'us_gov'],
    ['partners', 'global'],
  ] as const)('%s', (sync, instance) => {
    const judged = expected[sync].filter(({ action }) => action !== 'unjudged')
    const was = ({ ids }: Expected): Organization | undefined => before.get(instance)?.get(ids?.[0] ?? 0)
    const now = (one: Expected): Organization | undefined =>
      organizationOf(sandbox.zendesk[instance]?.organizations ?? [], one)

    test.each(
      judged
        .filter(({ action, fields }) => action !== 'retire' && fields !== undefined)
        .map((one) => [one.key, one] as const),
    )('%s is as it should be', (_, one) => {
      const organization = now(one)
      expect(organization?.name.trim()).toBe(one.name?.trim())
      expect(one.external_id).toContain(organization?.external_id ?? null)
      const fields = Object.entries(one.fields ?? {}).map(([field, value]) => [field, emptied(value)])
      const found = Object.entries(one.fields ?? {}).map(([field]) => [
        field,
        emptied(organization?.organization_fields[field]),
      ])
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(fields))
    })

    test('retired organizations are marked, and nothing else of them has changed', () => {
      for (const one of judged.filter(({ action }) => action === 'retire')) {
        const old = was(one)
        const { updated_at: _now, tags: _tags, ...kept } = now(one) ?? {}
        const { updated_at: _then, tags: _old, ...had } = old ?? {}
        expect(kept).toEqual({ ...had, organization_fields: { ...old?.organization_fields, mark_for_deletion: true } })
      }
    })

    test('what is in sync, held or not ours is byte-identical', () => {
      for (const one of judged.filter(({ action }) => action === 'none' || action === 'held')) {
        const old = was(one)
        expect(JSON.stringify(now(one))).toBe(JSON.stringify(old))
      }
    })

    test('of what was written, agents’ fields and hand-set tags stay (SYN-11)', () => {
      for (const one of judged.filter(({ action }) => action === 'update')) {
        const old = was(one)
        const organization = now(one)
        const kept = (side: object | undefined) => Object.entries(side ?? {}).filter(([key]) => !MOVES.has(key))
        expect(kept(organization)).toEqual(kept(old))
        const foreign = Object.entries(old?.organization_fields ?? {}).filter(
          ([field]) => one.fields?.[field] === undefined,
        )
        for (const [field, value] of foreign)
          expect(organization?.organization_fields[field], `${one.key} ${field}`).toEqual(value)
      }
    })
  })

  test('every organization of both instances is one that is expected or was not touched', () => {
    for (const [instance, syncs] of [
      ['global', [...expected.global, ...expected.partners]],
      ['us_gov', expected['us-gov']],
    ] as const) {
      const known = new Set(syncs.flatMap(({ ids }) => ids ?? []))
      const created = syncs.filter(({ action }) => action === 'create').length
      const old = before.get(instance) ?? new Map<number, Organization>()
      const after = sandbox.zendesk[instance]?.organizations ?? []
      expect(after).toHaveLength(old.size + created)
      const others = [...old.values()].filter(({ id }) => !known.has(id))
      expect(after.filter(({ id }) => old.has(id) && !known.has(id))).toEqual(others)
    }
  })

  describe('users', () => {
    const usersIn = (instance: string) => sandbox.zendesk[instance]?.users ?? []
    const usersBefore = (instance: string) =>
      new Map((start.zendesk[instance]?.users ?? []).map((user) => [user.id, user]))
    const homeOf = (instance: string, key: string | undefined): number | null => {
      const found = (sandbox.zendesk[instance]?.organizations ?? []).filter(
        (one) => one.organization_fields['salesforce_id'] === key,
      )
      expect(found, key).toHaveLength(1)
      return found[0]?.id ?? null
    }
    const judged = expected['us-gov-users'].filter(({ action }) => action !== 'unjudged')

    test('of US Government are as they should be (USR-01..06, CTC-06)', () => {
      for (const one of judged.filter(({ action }) => action === 'create' || action === 'update')) {
        const found = usersIn('us_gov').filter(({ email }) => email?.toLowerCase() === one.email)
        expect(found, one.email ?? '').toHaveLength(1)
        const [user] = found
        expect([user?.id, null]).toContain(one.id)
        expect(user?.name).toBe(one.name)
        // Null stands for an organization that this run has created.
        expect(user?.organization_id).toBe(one.organization_id ?? homeOf('us_gov', one.key))
        expect(user?.user_fields['not_in_sfdc'] ?? false).toBe(one.not_in_sfdc)
        expect(user).toMatchObject({
          role: 'end-user',
          suspended: usersBefore('us_gov').get(user?.id ?? 0)?.suspended ?? false,
        })
      }
    })

    test('of US Government that are not tied are marked, and nothing else of them has changed (USR-05)', () => {
      const then = usersBefore('us_gov')
      for (const { id } of judged.filter(({ action }) => action === 'mark')) {
        const old = then.get(id ?? 0)
        const { updated_at: _now, tags: _tags, ...kept } = usersIn('us_gov').find((user) => user.id === id) ?? {}
        const { updated_at: _then, tags: _old, ...had } = old ?? {}
        expect(kept).toEqual({ ...had, user_fields: { ...old?.user_fields, not_in_sfdc: true } })
      }
    })

    test('of both instances that nobody speaks of are byte-identical, and there are no others', () => {
      const moves = expected['us-gov-users'].filter(({ action }) => action === 'update' || action === 'mark')
      const adopted = expected.sold_to.filter(({ action }) => action === 'associate')
      for (const [instance, changed, created] of [
        ['us_gov', moves, judged.filter(({ action }) => action === 'create').length],
        ['global', adopted, expected.sold_to.filter(({ action }) => action === 'create').length],
      ] as const) {
        const then = usersBefore(instance)
        const written = new Set(changed.map(({ id }) => id))
        expect(usersIn(instance)).toHaveLength(then.size + created)
        for (const user of usersIn(instance).filter(({ id }) => then.has(id) && !written.has(id))) {
          expect(JSON.stringify(user)).toBe(JSON.stringify(then.get(user.id)))
        }
      }
    })

    test('to whom new organizations were sold are created in them, given to them, or left (SYN-03)', () => {
      // Whoever is left is byte-identical, as the test above holds.
      for (const { email, id, keys } of expected.sold_to.filter(({ action }) => action !== 'leave')) {
        const found = usersIn('global').filter((user) => user.email?.toLowerCase() === email)
        expect(found, email).toHaveLength(1)
        expect([found[0]?.id, null]).toContain(id)
        expect(keys.map((key) => homeOf('global', key))).toContain(found[0]?.organization_id)
      }
      for (const { email, names } of expected.sold_to.filter(({ action }) => action === 'create')) {
        expect(names).toContain(usersIn('global').find((user) => user.email?.toLowerCase() === email)?.name)
      }
    })
  })

  test('the plan said beforehand what becomes of sold-to contacts and of users of new organizations (SAFE-08)', async () => {
    const { syncs } = await plannedIn(here.directory)
    const changes = new Map(syncs.map((sync) => [sync.name, sync.changes]))
    const codes: { readonly [action: string]: string } = {
      create: 'user-new',
      associate: 'user-joins',
      leave: 'user-stays',
    }
    const shown = [...(changes.get('global') ?? [])].flatMap(({ op, key, remarks = [] }) =>
      remarks.map(({ code, message }) => ({ op, key, email: message.split(':')[0], code })),
    )
    const meant = expected.sold_to.flatMap(({ keys, email, action }) =>
      keys.map((key) => ({ op: 'create', key, email, code: codes[action] })),
    )
    const byAll = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)
    expect(shown.toSorted(byAll)).toEqual(meant.toSorted(byAll))

    const users = changes.get('us-gov-users') ?? []
    const fresh = expected['us-gov-users'].filter(
      (one) => one.organization_id === null && ['create', 'update'].includes(one.action),
    )
    for (const { email, key } of fresh) {
      const change = [...users].find((one) => one.key === email)
      expect(change?.fields['organization_id']?.to).toEqual({ ref: { sync: 'us-gov', key } })
    }
  })

  test('Slack hears of each new organization without a user, of no other, and of US Government numbers only (SYN-04, OPS-08)', () => {
    const said = sandbox.slack.messages.map((message) => JSON.stringify(message)).join('\n')
    const lonely = slackLinesUnder(sandbox.slack.messages, 'New organizations without people')
    for (const { key, name } of expected.slack.expected) {
      expect(lonely.filter((line) => line.includes(key) && line.includes(mrkdwn(name)))).toHaveLength(1)
    }
    expect(lonely).toHaveLength(expected.slack.expected.length)
    for (const { key } of expected.slack.unexpected) expect(said).not.toContain(key)

    const elsewhere = new Set(expected.slack.expected.flatMap(({ key, name }) => [key, name.trim()]))
    const { organizations = [], users = [], url = '' } = sandbox.zendesk['us_gov'] ?? {}
    const secrets = [
      ...organizations.flatMap(({ id, name, external_id: account }) => [String(id), name.trim(), account ?? '']),
      ...users.flatMap(({ id, email, name }) => [String(id), email ?? '', name.trim()]),
      url,
      new URL(url).host,
      'us-gov.zendesk.com',
      'agency.example',
    ].filter((secret) => secret !== '' && !elsewhere.has(secret))
    for (const secret of secrets) expect(said).not.toContain(secret)
  })

  test('the next plan is empty, but for a name that was freed (GEN-07, AMB-20)', async () => {
    expect(await runs.changes()).toEqual([])
  })
})

/** The plan that the first run made, from what it left. */
async function plannedIn(directory: string): Promise<Plan> {
  const runs = join(directory, '.zds/runs')
  const [first = ''] = readdirSync(runs).toSorted()
  const plan = await planLeft(artifactsIn(join(runs, first)))
  if (plan === undefined) throw new Error(`${first} has left no plan`)
  return plan
}
