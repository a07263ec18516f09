import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Plan } from 'zds'
import { generateWorld, startSandbox, type Sandbox, type World } from 'zds/sandbox'
import { edit, expectRefusal, file, scratch, writesTo, type Change } from '../cli/scratch.ts'
import { failureOf, runsOf, type Runs } from '../support/runs.ts'
import { project, type Project } from '../support/zds.ts'

const asOf = '2026-03-16'
const started = (world: World): Promise<Sandbox> => startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })

let sandbox: Sandbox

/** The sandbox of one test. */
async function begin(world: World): Promise<void> {
  sandbox = await started(world)
  onTestFinished(() => sandbox.close())
}

/** What the plan holds beyond its limits, and the plan. */
async function beyond(runs: Runs) {
  const plan = await runs.plan()
  return { plan, ids: plan.syncs.flatMap(({ excesses }) => excesses.map(({ id }) => id)) }
}

async function expectInSync(runs: Runs): Promise<void> {
  expect(await runs.changes()).toEqual([])
}

/** The runs of a project that has once been brought in step, whatever its limits. */
async function inStep(here: Project): Promise<Runs> {
  const runs = runsOf(here, asOf)
  await runs.apply({ force: true })
  return runs
}

/** The level of every organization of Global that has one. */
const levels = (): unknown[] =>
  (sandbox.zendesk['global']?.organizations ?? []).map((one) => one.organization_fields['support_level'])
const count = (level: string): number => levels().filter((one) => one === level).length

describe('SAFE-12: one line moved in the plans file', () => {
  beforeAll(async () => {
    sandbox = await started(generateWorld({ accounts: 120, seed: 1, asOf }))
    const here = project(sandbox.env)
    await inStep(here)
    here.remove()
  })
  afterAll(() => sandbox.close())

  const moves: readonly (readonly [string, readonly Change[]])[] = [
    [
      'a type under another level',
      [
        edit("  ultimate:\n    - 'sub_sm_ultimate'\n", '  ultimate:\n', 'data/plans.yaml'),
        edit(
          "  community:\n    - 'sub_edu'",
          "  community:\n    - 'sub_sm_ultimate'\n    - 'sub_edu'",
          'data/plans.yaml',
        ),
      ],
    ],
    [
      'a charge under another type',
      [
        edit("    - 'Self-Managed - Ultimate - 1 Year'\n", '', 'data/plans.yaml'),
        edit('  sub_sm_premium:\n', "  sub_sm_premium:\n    - 'Self-Managed - Ultimate - 1 Year'\n", 'data/plans.yaml'),
      ],
    ],
    [
      'a level above the others, which then takes all that have it',
      [
        edit("  community:\n    - 'sub_edu'\n    - 'sub_oss'\n    - 'sub_community_other'\n", '', 'data/plans.yaml'),
        edit(
          "  premium:\n    - 'sub_sm_premium'",
          "  community:\n    - 'sub_sm_premium'\n    - 'sub_edu'\n    - 'sub_oss'\n    - 'sub_community_other'",
          'data/plans.yaml',
        ),
      ],
    ],
  ]

  test.each(moves)('%s is refused, whatever it takes from how few of all: nothing is written', async (_, changes) => {
    const here = scratch(sandbox.env)
    const runs = runsOf(here, asOf)
    await expectInSync(runs)
    const before = levels()
    const written = writesTo(sandbox).length
    for (const change of changes) change(here.directory)
    expect((await beyond(runs)).ids).toContain('global.field.support_level')
    const refused = await failureOf(runs.apply())
    expect(refused.code, refused.stderr).toBe(3)
    expect(refused.stderr).toMatch(/support_level would fall on \d+ of \d+ records, the limit is 10/)
    expect(levels()).toEqual(before)
    expect(writesTo(sandbox)).toHaveLength(written)
  })

  test('moved back, nothing is left to do', async () => {
    const here = scratch(sandbox.env)
    const runs = runsOf(here, asOf)
    const ultimate = count('ultimate')
    expect(ultimate).toBeGreaterThan(10)
    const [, changes = []] = moves[0] ?? []
    for (const change of changes) change(here.directory)
    const { plan } = await beyond(runs)
    expect(plan.syncs[0]?.excesses).toMatchObject([
      { op: 'field', field: 'support_level', existing: expect.any(Number) },
    ])
    edit("    - 'sub_sm_ultimate'\n    - 'sub_edu'", "    - 'sub_edu'", 'data/plans.yaml')(here.directory)
    edit('  ultimate:\n', "  ultimate:\n    - 'sub_sm_ultimate'\n", 'data/plans.yaml')(here.directory)
    await expectInSync(runs)
    expect(count('ultimate')).toBe(ultimate)
  })
})

describe('SAFE-12: expiration dates', () => {
  test('that would move to an earlier day on many records are refused', async () => {
    await begin(generateWorld({ accounts: 120, seed: 1, asOf }))
    const here = scratch(sandbox.env)
    const runs = await inStep(here)
    await expectInSync(runs)
    for (const charge of sandbox.salesforce.tables['Zuora__SubscriptionProductCharge__c'] ?? []) {
      const end = charge['Zuora__EffectiveEndDate__c']
      if (typeof end === 'string' && end > '2026-06-01') charge['Zuora__EffectiveEndDate__c'] = '2026-05-31'
    }
    expect((await beyond(runs)).ids).toEqual(expect.arrayContaining(['global.field.expiration_date']))
    expectRefusal(await here.zds('apply', '--yes', '--json', '--as-of', asOf), 'LIMIT_EXCEEDED', 3)
  })
})

describe('SAFE-12: creates', () => {
  const GITLAB = '00100000003zYauAAE'

  /** Instances that hold hardly anything yet. */
  const fresh = (): World => {
    const world = generateWorld({ accounts: 160, seed: 1, asOf })
    const emptied = Object.entries(world.zendesk).map(([name, instance]) => {
      const organizations = instance.organizations.filter(
        ({ organization_fields: fields }) => fields?.['salesforce_id'] === GITLAB,
      )
      return [
        name,
        { ...instance, organizations, users: instance.users.filter(({ role }) => role !== 'end-user') },
      ] as const
    })
    return { ...world, zendesk: Object.fromEntries(emptied) }
  }

  test('as many as a new instance needs are refused, unless its first run is declared; then only once', async () => {
    await begin(fresh())
    const { tables } = sandbox.salesforce
    const accounts = tables['Account'] ?? []
    tables['Account'] = accounts.filter((_, index) => index % 2 === 0)
    const here = scratch({ ...sandbox.env, PROTECTED_ACCOUNT_IDS: GITLAB })
    const runs = runsOf(here, asOf)
    expect((await beyond(runs)).ids).toEqual(['global.create'])
    expectRefusal(await failureOf(runs.apply()), 'LIMIT_EXCEEDED', 3)
    expect(writesTo(sandbox)).toEqual([])

    edit('const limits = {', 'const limits = { firstRun: true,')(here.directory)
    expect(await runs.apply()).toMatchObject({ code: 0 })
    await expectInSync(runs)

    tables['Account'] = accounts
    expect((await beyond(runs)).ids).toEqual(['global.create'])
  })
})

describe('SAFE-12: an approval that names what may pass', () => {
  test('lets only that pass; a slip in a name is told with what was meant', async () => {
    await begin(generateWorld({ accounts: 120, seed: 1, asOf }))
    const here = scratch(sandbox.env, edit('update: 0.3, retire: 0.05', 'update: 0.01, retire: 0.001'))
    const runs = runsOf(here, asOf)
    const saved = await runs.plan()
    const { digest, syncs } = saved
    const ids = syncs.flatMap(({ excesses }) => excesses.map(({ id }) => id))
    expect(ids).toContain('global.update')
    const slip = await failureOf(runs.apply({ saved, approve: `${digest}:global.updat` }))
    expectRefusal(slip, 'USAGE')
    expect(slip.stderr).toContain('did you mean global.update?')
    const part = await failureOf(runs.apply({ saved, approve: `${digest}:global.update` }))
    expectRefusal(part, 'LIMIT_EXCEEDED', 3)
    expect(part.stderr).not.toContain('would be updated')
    expect(writesTo(sandbox)).toEqual([])
    file('plan.json', JSON.stringify(saved))(here.directory)
    const all = ['--approve', `${digest}:${ids.join()}`]
    expect(await here.zds('apply', 'plan.json', '--as-of', asOf, ...all)).toMatchObject({ code: 0 })
    await expectInSync(runs)
  })
})

describe('SAFE-13: a source that is rightly empty', () => {
  test('is let through by name and digest; the limits of what it retires still hold', async () => {
    await begin(generateWorld({ accounts: 120, seed: 1, asOf }))
    const here = scratch(sandbox.env)
    const runs = await inStep(here)
    sandbox.salesforce.tables['Contact'] = []
    const { plan } = await beyond(runs)
    const users = plan.syncs.find(({ name }) => name === 'us-gov-users')
    expect(users).toMatchObject({ changes: [], complete: { desired: false, existing: true } })
    const held = users?.skipped.filter(({ change }) => change !== undefined) ?? []
    expect(held.length).toBeGreaterThan(1)
    const shown = await here.zds('plan', '--out', 'plan.json', '--as-of', asOf)
    expect(shown.stdout).toContain(`! not proved complete: ${held.length} changes held back`)
    const saved = JSON.parse(readFileSync(join(here.directory, 'plan.json'), 'utf8')) as Plan // what --out writes
    const { digest } = saved
    expect(shown.stdout).toContain(`--approve ${digest.slice(0, 12)}:us-gov-users.empty`)

    await runs.apply({ saved, approve: digest })
    expect(marked()).toBe(0)
    const limited = await failureOf(runs.apply({ saved, approve: `${digest}:us-gov-users.empty` }))
    expectRefusal(limited, 'LIMIT_EXCEEDED', 3)
    expect(limited.stderr).toContain(`${held.length} of ${users?.existing} records would be retired`)
    const all = `${digest}:${['empty', 'retire', 'drop'].map((name) => `us-gov-users.${name}`).join()}`
    const through = await here.zds('apply', 'plan.json', '--as-of', asOf, '--approve', all)
    expect(through, through.stderr).toMatchObject({ code: 0 })
    expect(marked()).toBe(held.length)
    const last = await beyond(runs)
    expect(
      last.plan.syncs.flatMap(({ changes, skipped }) => [...changes, ...skipped.flatMap(({ change }) => change ?? [])]),
    ).toEqual([])
  })

  const marked = (): number =>
    (sandbox.zendesk['us_gov']?.users ?? []).filter(({ user_fields: fields }) => fields['not_in_sfdc'] === true).length
})
