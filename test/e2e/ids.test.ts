import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { runsOf, type Runs } from '../support/runs.ts'
import { organizationOf, sampleWorld, type Expected } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')

/** How people and other tools spell an id: short, without case, with blanks. */
const SPELLINGS: readonly ((id: string) => string)[] = [
  (id) => id.slice(0, 15),
  (id) => id.toLowerCase(),
  (id) => id.toUpperCase(),
  (id) => ` ${id.slice(0, 15)} `,
  (id) => `${id}\u00A0`,
]
const keysOf = (of: readonly Expected[], ...actions: readonly string[]): string[] =>
  // Some records of the sample have no key, or one that several have.
  of
    .filter(({ action, key, ids }) => actions.includes(action) && Boolean(key) && ids?.length === 1)
    .map(({ key }) => key)
const [alone = '', ...others] = keysOf(expected.global, 'none')
const updated = keysOf(expected.global, 'update')
/** Organizations whose id is spelt in another way: in both instances, customers' and partners'. */
const respelt = new Map(
  [
    ...others.slice(0, 10),
    ...updated.slice(0, 10),
    ...keysOf([...expected['us-gov'], ...expected.partners], 'none', 'update'),
  ].map((key, at) => [key, SPELLINGS[at % SPELLINGS.length]?.(key) ?? key]),
)
const NO_ID = `see Salesforce, ${'please '.repeat(3_000)}`.trim()

const spelt = (id: unknown): unknown => (id === alone ? NO_ID : (respelt.get(String(id)) ?? id))

const zendesk: World['zendesk'] = Object.fromEntries(
  Object.entries(world.zendesk).map(([name, instance]) => [
    name,
    {
      ...instance,
      organizations: instance.organizations.map((one) => ({
        ...one,
        organization_fields: {
          ...one.organization_fields,
          ...('salesforce_id' in (one.organization_fields ?? {}) && {
            salesforce_id: spelt(one.organization_fields?.['salesforce_id']) as string | null,
          }),
        },
      })),
    },
  ]),
)

let sandbox: Sandbox
let here: Project
let runs: Runs
beforeAll(async () => {
  sandbox = await startSandbox({ world: { ...world, zendesk } })
  here = project({ ...sandbox.env, ...environment })
  runs = runsOf(here, expected.asOf)
})
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

describe('SAFE-10: Salesforce ids are joined as ids', () => {
  test('a world of all spellings gives the plan that it gives with one; what is no id is left, and told', async () => {
    expect(respelt.size).toBeGreaterThan(20)
    const { syncs } = await runs.plan()
    const meant = new Map([
      ['global', expected.global],
      ['us-gov', expected['us-gov']],
      ['partners', expected.partners],
    ])
    for (const { name, changes, skipped } of syncs.filter(({ resource }) => resource === 'organizations')) {
      const judged = (meant.get(name) ?? []).filter(({ action, key }) => action !== 'unjudged' && key !== alone)
      const actions = new Map([...changes].map(({ key, op }) => [key, op as string]))
      const wrong = judged.filter(({ key, action }) => {
        const op = actions.get(key)
        return action === 'held' || action === 'none' ? op !== undefined : op !== action
      })
      expect(wrong, name).toEqual([])
      expect(
        [...changes].filter(({ op, key }) => op === 'retire' && respelt.has(key)),
        name,
      ).toEqual([])
      const held = skipped.filter(({ reason }) => reason === 'name-taken').map(({ key }) => key)
      expect(
        held.filter((key) => respelt.has(key)),
        name,
      ).toEqual([])
    }
    const users = syncs.find(({ resource }) => resource === 'users')?.changes ?? []
    const stay = expected['us-gov-users'].filter(({ action }) => action === 'none').map(({ email }) => email)
    expect(stay.length).toBeGreaterThan(0)
    expect([...users].filter(({ key }) => stay.includes(key))).toEqual([])
    const global = syncs.find(({ name }) => name === 'global')
    expect(global?.skipped.filter(({ reason }) => reason === 'key-invalid')).toMatchObject([{ key: NO_ID }])
    expect([...(global?.changes ?? [])].filter(({ id }) => id !== undefined).map(({ key }) => key)).not.toContain(NO_ID)
  })

  test('the 18 characters are written when a record is updated anyway, and are no reason for an update; then nothing is left to do', async () => {
    expect(await runs.apply()).toMatchObject({ code: 0 })
    const { organizations = [] } = sandbox.zendesk['global'] ?? {}
    const idOf = (key: string): unknown => {
      const one = expected.global.find((some) => some.key === key)
      return one && organizationOf(organizations, one)?.organization_fields['salesforce_id']
    }
    for (const key of updated.slice(0, 10)) expect(idOf(key)).toBe(key)
    for (const key of others.slice(0, 10)) expect(idOf(key)).toBe(respelt.get(key))
    expect(await runs.changes()).toEqual([])
  })
})
