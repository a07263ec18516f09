import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { expectRefusal, running } from '../cli/scratch.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')

let sandbox: Sandbox
let here: Project
let first: Plan
let asked: number

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project(sandbox.env)
  copyFileSync(environment.SUPPORT_PLANS, join(here.directory, 'data/plans.yaml'))
  copyFileSync(environment.SUPPORT_OVERRIDES, join(here.directory, 'data/overrides.yaml'))
  first = planIn(await here.zds('plan', '--json', '--as-of', expected.asOf))
  asked = sandbox.requests.length
}, 120_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

/** The command line of somebody who has no secret and no token. */
const withoutSecrets = (...args: readonly string[]): Promise<Result> => {
  const known = Object.entries(sandbox.env).filter(([name]) => !/SECRET|TOKEN/.test(name))
  return running(here, Object.fromEntries(known), ...args).ended
}

function planIn({ code, stdout, stderr }: Result): Plan {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as Plan // what --json prints
}

const runs = (): string[] => readdirSync(join(here.directory, '.zds/runs'))

describe('a plan from what another run has gathered', () => {
  test('is the plan of that run: nothing is asked, needed, told or left', async () => {
    const again = planIn(await withoutSecrets('plan', '--from', 'last', '--json'))
    expect(again.digest).toBe(first.digest)
    expect(again.asOf).toBe(expected.asOf)
    expect(again.syncs.some(({ changes }) => [...changes].some(({ along }) => along !== undefined))).toBe(true)
    expect(planIn(await withoutSecrets('plan', '--from', String(runs()[0]), '--json'))).toEqual(again)
    expect(planIn(await withoutSecrets('plan', '--from', `.zds/runs/${runs()[0]}`, '--json'))).toEqual(again)
    expect(sandbox.requests.slice(asked)).toEqual([])
    expect(runs()).toHaveLength(1)
    expect(readdirSync(join(here.directory, '.zds')).filter((name) => name.startsWith('from-'))).toEqual([])
  })

  test('SAFE-11: is as old as what it is made of', async () => {
    const { createdAt } = planIn(await withoutSecrets('plan', '--from', 'last', '--json'))
    expect(Date.parse(createdAt)).toBeLessThanOrEqual(Date.parse(first.createdAt))
  })

  test('has the files, rules and day of today', async () => {
    const later = planIn(await withoutSecrets('plan', '--from', 'last', '--json', '--as-of', '2031-01-01'))
    expect(later.asOf).toBe('2031-01-01')
    const levels = ({ syncs }: Plan, level: string) =>
      [...(syncs[0]?.changes ?? [])].filter(({ fields }) => fields['support_level']?.to === level).length ?? 0
    expect(levels(later, 'expired')).toBeGreaterThan(levels(first, 'expired'))

    const file = join(here.directory, 'data/overrides.yaml')
    const before = readFileSync(file, 'utf8')
    const key = [...(first.syncs[0]?.changes ?? [])].find(({ op }) => op === 'update')?.key
    writeFileSync(file, `- salesforce_id: ${key}\n  reason: a test\n  set: { support_hold: true }\n`)
    const other = planIn(await withoutSecrets('plan', '--from', 'last', '--json'))
    expect(other.digest).not.toBe(first.digest)
    expect([...(other.syncs[0]?.changes ?? [])].find((change) => change.key === key)?.fields['support_hold']?.to).toBe(
      true,
    )
    rmSync(file)
    expectRefusal(await withoutSecrets('plan', '--from', 'last'), 'FILE_NOT_FOUND')
    writeFileSync(file, before)
    expect(sandbox.requests.slice(asked)).toEqual([])
  })

  test('names the run that is not there, and the stage that was not gathered', async () => {
    const none = await withoutSecrets('plan', '--from', '20200101T000000-abcdef')
    expectRefusal(none, 'ARTIFACT_MISSING')
    expect(none.stderr).toContain('Nothing is left of a run 20200101T000000-abcdef')
    expect(none.stderr).toContain('zds prune')
    const artifact = join(here.directory, '.zds/runs', String(runs()[0]), 'gather.partner-rows')
    for (const end of ['.ndjson.zst', '.summary.json']) rmSync(`${artifact}${end}`)
    const short = await withoutSecrets('plan', '--from', 'last')
    expectRefusal(short, 'ARTIFACT_MISSING')
    expect(short.stderr).toContain(`gather:partner-rows was not gathered by run ${runs()[0]}`)
  })
})
