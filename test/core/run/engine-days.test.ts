import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { openEngine, type Config, type Desired, type Run, type Target } from 'zds'
import { heedDate } from '../../../src/core/http/time.ts'
import { held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

afterEach(() => vi.useRealTimers())

/** An engine that was opened a minute before midnight; its source has what `rows` says. */
async function opened(rows: () => readonly Desired[], check?: Target['check']) {
  const days: string[] = []
  const desired = {
    ...sourceOf<Desired>('accounts', []),
    mayBeEmpty: true,
    read: ({ clock }: Run) => {
      days.push(clock.today)
      return stream<Desired>([...rows()])
    },
  }
  const target = { ...targetOf({ records: [held('1', 'A', { name: 'Old' })] }), ...(check && { check }) }
  const config: Config = { sources: {}, targets: { global: syncOf({}, { desired, target }) } }
  const directory = mkdtempSync(join(tmpdir(), 'zds-days-'))
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-16T23:59:00Z') })
  const engine = await openEngine({ config, directory })
  onTestFinished(async () => {
    await engine.close()
    rmSync(directory, { recursive: true })
  })
  return { engine, days }
}

it('PROC-04: an engine that lives for days plans and applies as of the day of each run, not of its own', async () => {
  const { engine, days } = await opened(() => [wanted('A', { name: 'A' })])
  const old = await engine.plan()
  vi.setSystemTime(new Date('2026-03-19T00:00:00Z'))
  const plan = await engine.plan()
  expect([old.asOf, plan.asOf]).toEqual(['2026-03-16', '2026-03-19'])
  expect(days).toEqual(['2026-03-16', '2026-03-19'])
  await expect(engine.apply(old)).rejects.toMatchObject({ code: 'PLAN_DATE' })
  const { run } = await engine.apply(plan)
  expect((await engine.undo(run)).asOf).toBe('2026-03-19')
})

it('PROC-04: so it is with what an empty source held back, and somebody lets through (SAFE-13)', async () => {
  const { engine } = await opened(() => [])
  vi.setSystemTime(new Date('2026-03-19T00:00:00Z'))
  const plan = await engine.plan()
  const names = ['empty', 'retire', 'drop'].map((name) => `global.${name}`)
  const { run } = await engine.apply(plan, { approve: `${plan.digest}:${names.join()}` })
  expect((await engine.runNamed(run)).plan).toMatchObject({ asOf: '2026-03-19', syncs: [{ changes: { length: 1 } }] })
})

it('SAFE-16: an engine with the clock of the machine writes nothing either where that is wrong', async () => {
  const check = async ({ clock }: Run) => {
    heedDate('desk', new Headers({ date: 'Mon, 16 Mar 2026 22:00:00 GMT' }), clock.now(), clock)
    return []
  }
  const { engine } = await opened(() => [wanted('A', { name: 'A' })], check)
  const plan = await engine.plan()
  for (const one of [plan, structuredClone(plan)])
    await expect(engine.apply(one)).rejects.toMatchObject({ code: 'CLOCK_WRONG' })
})
