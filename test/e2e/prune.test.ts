import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { localState } from 'zds'
import { generateWorld, startSandbox } from 'zds/sandbox'
import { edit, expectRefusal, scratch } from '../cli/scratch.ts'
import { onePlan } from '../support/one-plan.ts'
import { runsOf } from '../support/runs.ts'
import type { Project } from '../support/zds.ts'

const DAY_MS = 86_400_000

/** A run of so many days ago, with an artifact and what a killed process leaves. */
async function withRun(here: Project, days: number): Promise<string> {
  const directory = join(here.directory, '.zds')
  const at = new Date(Date.now() - days * DAY_MS)
  const id = `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-abcdef`
  const state = await localState(directory)
  await state.journal.begin({ id, plan: await onePlan(), forced: false, at })
  await state.journal.record({ run: id, sync: 'global', steps: [{ key: 'A', status: 'done', id: '1' }], at })
  await state.journal.end(id, 'done', at)
  await state.artifacts(id).write('gather:accounts', [{ name: 'Acme' }])
  await state.close()
  const partial = join(directory, 'runs', id, 'gather.global.ndjson.zst.partial')
  writeFileSync(partial, '{}')
  mkdirSync(join(directory, `sort-${days}`))
  for (const path of [partial, join(directory, `sort-${days}`)]) utimesSync(path, at, at)
  return id
}

const runsIn = (here: Project): string[] => readdirSync(join(here.directory, '.zds/runs')).toSorted()

describe('OPS-08: zds prune', () => {
  test('forgets what is older than --keep, or than 30 days, and says how much; status says what is kept', async () => {
    const here = scratch({})
    const [oldest, old, young] = [await withRun(here, 50), await withRun(here, 20), await withRun(here, 1)]
    expect((await here.zds('status')).stdout).toMatch(
      /Kept: 3 runs since \d{4}-\d\d-\d\d, [\d.]+ MB; forgotten after 30 days/,
    )
    expect(await here.zds('prune')).toMatchObject({
      code: 0,
      stdout: 'Forgot 1 run, and the artifacts of 1. 2 runs kept.\n',
    })
    expect(runsIn(here)).toEqual([old, young])
    expect((await here.zds('outcomes', oldest)).stderr).toContain(`There is no run ${oldest} in the journal`)
    expect(existsSync(join(here.directory, '.zds/sort-50'))).toBe(false)

    expect((await here.zds('prune', '--keep', '36h')).stdout).toMatch(/^Forgot 1 run/)
    expect(runsIn(here)).toEqual([young])
    // The newest one stays, and what its killed process left goes.
    expect((await here.zds('prune', '--keep', '0d')).stdout).toBe(
      'Forgot 0 runs, and the artifacts of 0. 1 run kept.\n',
    )
    expect(readdirSync(join(here.directory, '.zds/runs', young))).toEqual([
      'gather.accounts.ndjson.zst',
      'gather.accounts.summary.json',
    ])
    expect(readdirSync(join(here.directory, '.zds')).filter((name) => name.startsWith('sort-'))).toEqual([])
    expect(await here.zds('outcomes', young)).toMatchObject({ code: 0 })
  })

  test('leaves what is younger than an hour, and for a day what has noted no end: a plan may take long', async () => {
    const here = scratch({})
    const artifactsOf = async (hours: number, ended: boolean): Promise<string> => {
      const id = `${new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-abcdef`
      const state = await localState(join(here.directory, '.zds'))
      await state.artifacts(id).write('gather:accounts', [{ name: 'Acme' }])
      const none = { digest: undefined, changes: undefined, code: undefined, message: undefined }
      const at = new Date(Date.now() - hours * 3_600_000).toISOString()
      if (ended) await state.journal.note({ run: id, kind: 'planned', at, asOf: '2026-03-16', ...none })
      await state.close()
      return id
    }
    const [, underWay] = [await artifactsOf(24.1, false), await artifactsOf(23.9, false)]
    const [, young] = [await artifactsOf(1.1, true), await artifactsOf(0.9, true)]
    expect((await here.zds('prune', '--keep', '0d')).stdout).toMatch(/^Forgot 0 runs, and the artifacts of 2\./)
    expect(runsIn(here)).toEqual([underWay, young])
  })

  test('forgets nothing that the configuration keeps for ever, unless it is told how much', async () => {
    const here = scratch({}, edit('hooks: {', 'keepDays: 0,\n  hooks: {'))
    const [old, young] = [await withRun(here, 50), await withRun(here, 1)]
    const refused = await here.zds('prune')
    expectRefusal(refused, 'USAGE')
    expect(refused.stderr).toContain('zds prune --keep 90d')
    expect(runsIn(here)).toEqual([old, young])
    expect((await here.zds('prune', '--keep', '14d')).stdout).toMatch(/^Forgot 1 run/)
  })

  test('takes days and hours, and nothing else', async () => {
    for (const age of ['14', 'two weeks', '-1d', '1.5d']) {
      const refused = await scratch({}).zds('prune', '--keep', age)
      expectRefusal(refused, 'USAGE')
      expect(refused.stderr).toContain('like 14d or 36h')
    }
  })
})

describe('after an apply', () => {
  const asOf = new Date().toISOString().slice(0, 10)

  /** What is left of a run of 50 days ago. */
  async function leftAfterApply(...changes: Parameters<typeof scratch>[1][]): Promise<boolean> {
    const sandbox = await startSandbox({ world: generateWorld({ accounts: 40, seed: 1, asOf }) })
    onTestFinished(() => sandbox.close())
    const here = scratch(sandbox.env, ...changes)
    const old = await withRun(here, 50)
    await withRun(here, 2)
    const runs = runsOf(here, asOf)
    expect(await runs.apply({ force: true })).toMatchObject({ code: 0 })
    const left = runsIn(here).includes(old)
    const isKnown = await runs.lend(({ shared }) => shared.state.journal.run(old)).then(Boolean)
    expect(isKnown).toBe(left)
    return left
  }

  test('what is older than 30 days is forgotten, unless the configuration keeps it', async () => {
    expect(await leftAfterApply()).toBe(false)
    expect(await leftAfterApply(edit('hooks: {', 'keepDays: 60,\n  hooks: {'))).toBe(true)
    expect(await leftAfterApply(edit('hooks: {', 'keepDays: 0,\n  hooks: {'))).toBe(true)
  })
})
