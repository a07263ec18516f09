import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openEngine, type Change, type Desired, type Plan } from 'zds'
import { fakeClock } from 'zds/testing'
import { localState } from '../../../src/core/state/local.ts'
import { done, held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const LATER_MS = 3_600_000

/**
 * A project with three organizations, each of an account: what its source yields can be changed,
 * what is written is kept.
 */
async function scene() {
  const directory = mkdtempSync(join(tmpdir(), 'zds-overtaken-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const clock = fakeClock()
  const keys = ['A', 'B', 'C']
  const records = new Map(keys.map((key, at) => [`${at}`, held(`${at}`, key, { name: key, aar: 1 })]))
  const accounts = new Map(keys.map((key): [string, Desired] => [key, wanted(key, { name: key, aar: 1 })]))
  const sent: Change[] = []
  const target = targetOf({
    send: (changes) => {
      sent.push(...changes)
      for (const { id = '', fields } of changes) {
        const now = records.get(id)
        const to = Object.entries(fields).map(([field, change]) => [field, change.to])
        if (now !== undefined) records.set(id, { id, fields: { ...now.fields, ...Object.fromEntries(to) } })
      }
      return changes.map(done)
    },
    refetch: (ids) => stream(ids.flatMap((id) => records.get(id) ?? [])),
  })
  const source = sourceOf('accounts', () => stream([...accounts.values()]))
  const existing = { ...target, read: () => stream([...records.values()]) }
  const engine = await openEngine({
    config: { sources: { source }, targets: { global: syncOf({}, { desired: source, target: existing }) } },
    state: localState(directory),
    clock,
  })
  onTestFinished(() => engine.close())
  /** As a file has it that was saved. */
  const saved = async (): Promise<Plan> => structuredClone(await engine.plan())
  /** A plan that retires A, and the time that goes by then. */
  const older = async (ms = LATER_MS): Promise<Plan> => {
    accounts.delete('A')
    const plan = await saved()
    await clock.sleep(ms, new AbortController().signal)
    return plan
  }
  return { accounts, clock, engine, saved, older, sent }
}

const STALE = {
  code: 'PLAN_STALE',
  hint: expect.stringContaining('zds plan --out FILE') as string,
}

it('SAFE-11: a plan is not carried out after one that was made later: what that found right may be what this one retires', async () => {
  const { accounts, engine, saved, older, sent } = await scene()
  const plan = await older()
  accounts.set('A', wanted('A', { name: 'A', aar: 1 }))
  accounts.set('B', wanted('B', { name: 'B', aar: 2 }))
  const { run } = await engine.apply(await saved())
  await expect(engine.apply(plan, { force: true })).rejects.toMatchObject({
    ...STALE,
    message: expect.stringMatching(
      `^Run ${run} has begun with a plan that was made later, at 2026-03-16T11:\\S+Z: this one, made at 2026-03-16T10:\\S+Z, rests on older data$`,
    ) as string,
  })
  expect(sent.map(({ op, key }) => `${op} ${key}`)).toEqual(['update B'])
  expect(await engine.apply(await engine.plan())).toMatchObject({ status: 'done', syncs: [{ planned: 0 }] })
})

it('SAFE-11: nor after one that was made later and had nothing to do', async () => {
  const { accounts, engine, saved, older, sent } = await scene()
  const plan = await older()
  accounts.set('A', wanted('A', { name: 'A', aar: 1 }))
  await engine.apply(await saved())
  await expect(engine.apply(plan, { force: true })).rejects.toMatchObject(STALE)
  expect(sent).toEqual([])
})

it.each([
  ['by less than clocks may differ', 240_000, {}],
  ['with another configuration', LATER_MS, { config: 'another' }],
  ['to set a run back', LATER_MS, { undoes: 'run-0' }],
  ['as of an earlier day', LATER_MS, { asOf: '2026-03-15' }],
])('SAFE-11: a plan is carried out after one that was made later %s', async (_, ms, more) => {
  const { accounts, clock, engine, saved, older, sent } = await scene()
  const plan = await older(ms)
  const later = { ...(await saved()), ...more }
  await engine.shared.state.journal.begin({ id: 'run-1', plan: later, forced: false, at: clock.now() })
  await engine.shared.state.journal.end('run-1', 'done', clock.now())
  // Of what is the same, a run has begun with it.
  accounts.set('B', wanted('B', { name: 'B', aar: 2 }))
  const { createdAt } = plan
  expect(await engine.apply({ ...(await saved()), createdAt }, { force: true })).toMatchObject({ status: 'done' })
  expect(sent.map(({ op, key }) => `${op} ${key}`)).toEqual(['update B', 'retire A'])
})

it('SAFE-11: nor does it rest on older data what one that was made later could not read as a whole', async () => {
  const { clock, engine, saved, older, sent } = await scene()
  const plan = await older()
  const { syncs, ...later } = await saved()
  const cautious = syncs.map((sync) => ({ ...sync, complete: { desired: false, existing: true } }))
  const { journal } = engine.shared.state
  await journal.begin({
    id: 'run-1',
    plan: { ...later, digest: 'of it', syncs: cautious },
    forced: false,
    at: clock.now(),
  })
  await journal.end('run-1', 'done', clock.now())
  expect(await engine.apply(plan, { force: true })).toMatchObject({ status: 'done' })
  expect(sent.map(({ op, key }) => `${op} ${key}`)).toEqual(['retire A'])
})

it('SAFE-11: what a run did can be set back after a plan that was made later', async () => {
  const { accounts, clock, engine, saved } = await scene()
  accounts.set('A', wanted('A', { name: 'A', aar: 2 }))
  const { run } = await engine.apply(await saved())
  const back = await engine.undo(run)
  await clock.sleep(LATER_MS, new AbortController().signal)
  accounts.set('B', wanted('B', { name: 'B', aar: 2 }))
  await engine.apply(await saved())
  expect(await engine.apply(structuredClone(back))).toMatchObject({ status: 'done', syncs: [{ done: 1 }] })
})
