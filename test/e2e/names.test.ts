import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { SyncPlan } from 'zds'
import { startSandbox, type Organization, type Sandbox, type World } from 'zds/sandbox'
import { scratch } from '../cli/scratch.ts'
import { byHand } from '../support/crash.ts'
import { runsOf, type Runs } from '../support/runs.ts'
import type { Project } from '../support/zds.ts'

const asOf = '2026-03-16'
let sandbox: Sandbox
afterEach(() => sandbox.close())

async function scene(name: 'swapped' | 'merged' | 'invisible'): Promise<Project & Runs> {
  const file = join(import.meta.dirname, `../fixtures/names/${name}.world.json`)
  const world = JSON.parse(readFileSync(file, 'utf8')) as World // the fixture is of this form
  sandbox = await startSandbox({ world, zendesk: { requestsPerMinute: 100_000 } })
  const here = scratch(sandbox.env)
  return { ...here, ...runsOf(here, asOf) }
}

async function planned(runs: Runs): Promise<SyncPlan> {
  const { syncs } = await runs.plan()
  const [global] = syncs
  if (global === undefined) throw new Error('There is no plan of global')
  return global
}

async function applied(runs: Runs): Promise<void> {
  expect(await runs.apply({ force: true })).toMatchObject({ code: 0 })
}

const organizations = (): readonly Organization[] => sandbox.zendesk['global']?.organizations ?? []

const change = (id: string | number, organization: Partial<Organization>): Promise<void> =>
  byHand(sandbox, 'global', `/organizations/${Number(id)}`, { organization })

describe('AMB-20: names that are passed in a circle', () => {
  test('are told with who waits for whom; what the plan says to do ends it, and no taken name is ever sent', async () => {
    const here = await scene('swapped')
    const { skipped, notices } = await planned(here)
    const waiting = skipped.filter(({ reason }) => reason === 'name-taken')
    expect(waiting.map(({ name, heldBy }) => [name, heldBy?.name, heldBy?.fate])).toEqual([
      ['Borealis Health Group', 'Cobalt Motors LLC', 'waiting'],
      ['Cobalt Motors LLC', 'Borealis Health Group', 'waiting'],
      ['Delta Telecom S.A.', 'Fjord Energie GmbH', 'waiting'],
      ['Fjord Energie GmbH', 'Grüne Logistics K.K.', 'waiting'],
      ['Grüne Logistics K.K.', 'Delta Telecom S.A.', 'waiting'],
    ])
    const circles = notices.filter(({ code }) => code === 'name-circle')
    expect(circles.map(({ message }) => message.match(/waits for/g)?.length)).toEqual([2, 3])
    for (const { key, id, heldBy } of waiting)
      expect(circles.map(({ message }) => message).join()).toContain(
        `${key} (${id}) waits for "${heldBy?.name}" of ${heldBy?.key} (${heldBy?.id})`,
      )
    const shown = await here.zds('plan', '--as-of', asOf)
    expect(shown.stdout.match(/i name-circle: /g)).toHaveLength(2)

    await applied(here)
    expect((await planned(here)).changes).toEqual([])
    for (const name of ['Borealis Health Group', 'Delta Telecom S.A.'])
      await change(organizations().find((one) => one.name === name)?.id ?? 0, { name: `${name} (renamed)` })
    for (let run = 0; run < 3; run += 1) await applied(here)
    const names = new Map(organizations().map(({ id, name }) => [String(id), name]))
    expect(waiting.map(({ id }) => names.get(id ?? ''))).toEqual(waiting.map(({ heldBy }) => heldBy?.name))
    const last = await planned(here)
    expect([last.changes, last.notices]).toEqual([[], []])
    expect(last.skipped.filter(({ reason }) => reason === 'name-taken')).toEqual([])
  })
})

describe('AMB-20: names of the retired', () => {
  test('merged accounts: both lines say so, and what the plan says to do keeps the organization', async () => {
    const here = await scene('merged')
    const plan = await planned(here)
    const retired = [...plan.changes].find(({ op }) => op === 'retire')
    const living = plan.skipped.find(({ reason }) => reason === 'name-taken')
    expect(living?.heldBy).toEqual({
      key: retired?.key,
      id: retired?.id,
      name: 'Borealis Health Group',
      fate: 'retired',
    })
    expect(plan.notices).toMatchObject([{ code: 'name-of-retired', key: living?.key }])
    const { stdout } = await here.zds('plan', '--as-of', asOf)
    expect(stdout).toContain(`: ${retired?.name} (its name is wanted by ${living?.key})`)
    const shown = stdout.replaceAll(/\s+/g, ' ')
    expect(shown).toContain(
      `name-of-retired: ${living?.key} waits for "Borealis Health Group" of ${retired?.key} (${retired?.id}), which is retired`,
    )

    // It does not matter whether the mark was set before somebody does as the plan says.
    await applied(here)
    // The users of the organization that is to go are contacts of the living account.
    const users = sandbox.zendesk['us_gov']?.users.filter(({ role }) => role === 'end-user') ?? []
    expect(users.map(({ user_fields: fields }) => fields['not_in_sfdc'])).toEqual([false, false])
    expect((await planned(here)).notices.map(({ code }) => code)).toEqual(['name-of-retired'])
    await change(retired?.id ?? '', { organization_fields: { salesforce_id: living?.key ?? '' } })
    await applied(here)
    const organization = organizations().find(({ id }) => String(id) === retired?.id)
    expect(organization?.organization_fields['mark_for_deletion']).toBe(false)
    const last = await planned(here)
    expect([last.changes, last.notices]).toEqual([[], []])
    expect(last.skipped.filter(({ reason }) => reason === 'name-taken')).toEqual([])
  })
})

test('names that differ by what cannot be seen: the plan shows where, and the next one is empty', async () => {
  const here = await scene('invisible')
  const { stdout } = await here.zds('plan', '--all', '--as-of', asOf)
  for (const told of [
    String.raw`Delta Telecom -> Delta Telecom\u200B`,
    String.raw`Cobalt Motors LLC -> Cobalt\u00A0Motors LLC`,
    String.raw`'  Fjord  Energie   GmbH \u3000'`,
    String.raw`\u202ELTD YPPAH\u202C`,
    '(U+0065 U+0301 -> U+00E9, U+0045 U+0301 -> U+00C9)',
  ])
    expect(stdout).toContain(told)
  expect(stdout).not.toMatch(/[\u00A0\u200B\u202E\u3000]/)
  await applied(here)
  expect((await planned(here)).changes).toEqual([])
})
