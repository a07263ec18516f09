import { describe, expect, it } from 'vitest'
import type { Known, Plan, RunStatus } from 'zds'
import { leave } from '../../../src/core/run/plan-run.ts'
import {
  assertAnswerable,
  isUnfinished,
  knownBefore,
  outcomeOf,
  placesOf,
  planNamed,
  reportOfPast,
  restOf,
  runNamed,
  unfinishedRun,
} from '../../../src/core/run/history.ts'
import { doneUnder } from '../../../src/core/outcome.ts'
import { UNWATCHED } from '../../../src/core/run/schedule.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { create, planOf } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { syncOf } from '../../support/syncs.ts'

const HOUR_MS = 3_600_000

/** An engine, and a plan of it. */
function scene(...keys: string[]): { readonly engine: TestEngine; readonly plan: Plan } {
  const engine = engineOf({ sources: {}, targets: { global: syncOf() } })
  return { engine, plan: assemble([planOf(...keys.map(create))], engine.fingerprint, engine.clock) }
}

/** Begins a run, and ends it where it is said how. */
async function ran(id: string, plan: Plan, { state, clock }: TestEngine, status?: RunStatus, ageMs = 0): Promise<void> {
  const at = new Date(clock.now().getTime() - ageMs)
  await state.journal.begin({ id, plan, forced: false, at })
  if (status !== undefined) await state.journal.end(id, status, at)
}

describe('a run that stopped (SAFE-06)', () => {
  it.each([
    ['running', true],
    ['failed', true],
    ['interrupted', true],
    ['done', false],
    ['abandoned', false],
  ] as const)('one that is %s: %s', async (status, isLeft) => {
    const { engine, plan } = scene('A')
    await ran('run-1', plan, engine, status === 'running' ? undefined : status)
    expect(isUnfinished({ status })).toBe(isLeft)
    expect((await unfinishedRun(engine))?.run.id).toBe(isLeft ? 'run-1' : undefined)
    expect((await restOf(engine, {}))?.run.id).toBe(isLeft ? 'run-1' : undefined)
  })

  it('is gone on with: the newest, under its own plan', async () => {
    const { engine, plan } = scene('A')
    const other = scene('B').plan
    await ran('run-1', other, engine, 'failed')
    await ran('run-2', plan, engine, 'interrupted')
    await ran('run-3', other, engine, 'done')
    for (const saved of [undefined, plan]) {
      const rest = await restOf(engine, { saved })
      expect([rest?.run.id, rest?.plan.digest, rest?.left]).toEqual(['run-2', plan.digest, undefined])
    }
  })

  it('is not gone on with, and why', async () => {
    const { engine, plan } = scene('A')
    const other = scene('B').plan
    await ran('run-1', plan, engine, 'interrupted', 23 * HOUR_MS)
    const leftOf = async (asked: Parameters<typeof restOf>[1], here = engine) => (await restOf(here, asked))?.left
    expect(await leftOf({})).toBeUndefined()
    expect(await leftOf({ afresh: true, saved: other })).toBe('a fresh start was asked for')
    expect(await leftOf({ saved: other }, { ...engine, fingerprint: 'other' })).toBe(
      'the configuration has changed since',
    )
    expect(await leftOf({ saved: other })).toBe('another plan was given')
    await ran('run-a', plan, engine, 'interrupted', 24 * HOUR_MS)
    expect(await leftOf({ saved: plan })).toBeUndefined()
    await ran('run-2', plan, engine, 'interrupted', 25 * HOUR_MS)
    expect(await leftOf({ saved: plan })).toBe('it began more than a day ago')
  })
})

it('the report of a run tells what was sent and not settled from what was never attempted', async () => {
  const { engine, plan } = scene('A', 'B', 'C', 'D')
  await ran('run-1', plan, engine)
  const { journal } = engine.state
  const steps = [{ status: 'sending', keys: ['A', 'B', 'C'] } as const, { key: 'A', status: 'done', id: '1' } as const]
  await journal.record({ run: 'run-1', sync: 'global', steps, at: engine.clock.now() })
  await journal.end('run-1', 'failed', engine.clock.now())
  const { syncs } = await reportOfPast(await runNamed(journal, 'run-1'), journal)
  expect(syncs).toMatchObject([{ planned: 4, done: 1, unknown: 2, notAttempted: 1 }])
})

describe('a run that somebody names', () => {
  it('is that one, or the last; any other is a slip that says where to look', async () => {
    const { engine, plan } = scene('A')
    await ran('run-1', plan, engine, 'done')
    await ran('run-2', plan, engine, 'failed')
    const { journal } = engine.state
    for (const [asked, id] of [
      ['run-1', 'run-1'],
      ['last', 'run-2'],
    ] as const)
      expect((await runNamed(journal, asked)).run.id).toBe(id)
    await expect(runNamed(journal, 'run-9')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'There is no run run-9 in the journal',
      hint: expect.stringContaining('zds status'),
    })
  })

  it('is none where nothing was applied yet, which is said as that', async () => {
    const { journal } = scene('A').engine.state
    await expect(runNamed(journal, 'last')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'There is no run in the journal',
      hint: 'Nothing was applied here yet.',
    })
  })

  it('is a plan that was only made as well; the last is whichever came later', async () => {
    const { engine, plan } = scene('A')
    const made = scene('B').plan
    await leave(made, engine, '2026-03-16-1', UNWATCHED)
    expect(await planNamed('last', engine.state)).toMatchObject({ id: '2026-03-16-1', plan: { digest: made.digest } })
    expect((await planNamed('last', engine.state)).run).toBeUndefined()
    await ran('2026-03-16-2', plan, engine, 'done')
    expect(await planNamed('last', engine.state)).toMatchObject({ id: '2026-03-16-2', run: { status: 'done' } })
    expect((await planNamed('2026-03-16-1', engine.state)).plan.digest).toBe(made.digest)
    await leave(plan, engine, '2026-03-16-2', UNWATCHED)
    expect(await planNamed('2026-03-16-2', engine.state)).toMatchObject({ run: { status: 'done' } })
    await leave(made, engine, '2026-03-16-3', UNWATCHED)
    expect((await planNamed('last', engine.state)).id).toBe('2026-03-16-3')
    await expect(planNamed('run-9', engine.state)).rejects.toMatchObject({ code: 'USAGE' })
    // One that was killed while it planned has left no plan.
    await engine.state.artifacts('2026-03-17').write('gather:rows', [])
    await expect(planNamed('2026-03-17', engine.state)).rejects.toMatchObject({ code: 'USAGE' })
    expect((await planNamed('last', engine.state)).id).toBe('2026-03-17')
    expect((await planNamed('last', engine.state)).plan.digest).toBe(plan.digest)
  })
})

describe('how far a sync has come that goes before those of a plan (SYN-01)', () => {
  it('is what this run has done of it, or the one that has carried out that part of the same plan', async () => {
    const { engine, plan } = scene('A')
    const { journal } = engine.state
    const part = (name: string, from = plan): Plan => ({ ...from, syncs: [{ ...planOf(create('A')), name }] })
    const later = { ...plan, createdAt: new Date(Date.parse(plan.createdAt) + HOUR_MS).toISOString() }
    const record = async (id: string, of: Plan, ageMs = 0): Promise<void> => {
      await ran(id, of, engine, 'done', ageMs)
      const sync = of.syncs[0]?.name ?? ''
      await journal.record({ run: id, sync, steps: [{ key: 'A', status: 'done', id }], at: engine.clock.now() })
    }
    await record('too-early', part('first'), HOUR_MS)
    await record('its-own', part('second'))
    await record('right', part('first'))
    await record('beside', part('third'))
    await record('of-another', part('first', later))
    await record('much-too-early', part('fifth'), HOUR_MS)
    // The clock that made the plan may be ahead.
    await record('by-another-clock', part('sixth'), HOUR_MS / 2)
    const own = { ...part('second'), syncs: [...part('second').syncs, ...part('beside').syncs] }
    const before = knownBefore('its-own', own, journal)
    const ids = async (sync: string) => [...(await before(sync)).values()].map((known) => doneUnder(known))
    expect(await ids('second')).toEqual(['its-own'])
    expect(await ids('first')).toEqual(['right'])
    expect(await ids('first')).toEqual(['right'])
    expect(await ids('fourth')).toEqual([])
    expect(await ids('fifth')).toEqual([])
    expect(await ids('sixth')).toEqual(['by-another-clock'])
  })
})

it('SAFE-06: nobody can tell what became of what a sync had sent that is there no more, wherever it wrote', async () => {
  const { engine } = scene()
  const gone = assemble([{ ...planOf(create('A')), name: 'gone' }], 'f', engine.clock)
  await ran('run-1', gone, engine, 'failed')
  const past = await runNamed(engine.state.journal, 'run-1')
  await assertAnswerable(past, engine)
  const steps = [{ status: 'sending', keys: ['A'] }] as const
  await engine.state.journal.record({ run: 'run-1', sync: 'gone', steps, at: engine.clock.now() })
  await expect(assertAnswerable(past, engine)).rejects.toMatchObject({
    code: 'PLAN_STALE',
    message:
      'Run run-1 had sent changes of gone to global when it stopped, and the configuration does not write there any more',
    hint: 'Set it back, and the same command asks what became of them. zds apply --new asks nobody, and plans anew.',
  })
})

describe('what is locked for a plan (SAFE-16)', () => {
  it('is each address that it writes to, once: as the plan has it, else the configuration', () => {
    const { engine } = scene()
    const part = (name: string, more = {}) => ({ ...planOf(create('A')), name, ...more })
    const places = (...parts: Plan['syncs']) => placesOf(assemble(parts, 'f', engine.clock), engine)
    const then = { instance: 'emea', address: 'https://then.example' }
    expect(places(part('global'), part('partners', { address: 'https://global.example' }))).toEqual([
      { instance: 'global', address: 'https://global.example' },
    ])
    expect(places(part('global', then), part('gone', { instance: 'us-gov' }))).toEqual([
      then,
      { instance: 'us-gov', address: 'us-gov' },
    ])
    expect(places({ ...planOf(), name: 'global' })).toEqual([])
  })
})

describe('what became of a change', () => {
  const none = { id: null, code: null, message: null }
  const lack = { code: 'people-not-added', message: 'Ada' }
  const failed: Known = { kind: 'outcome', outcome: { key: 'A', status: 'failed', code: 'x', message: 'no' } }

  it.each([
    [undefined, { status: 'not-attempted', ...none }],
    [{ kind: 'sending' }, { status: 'unknown', ...none }],
    [
      { kind: 'accepted', job: 'j1' },
      { status: 'unknown', ...none },
    ],
    [
      { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '41' } },
      { status: 'done', ...none, id: '41' },
    ],
    [failed, { status: 'failed', id: null, code: 'x', message: 'no' }],
    [
      { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '41', partly: [lack, { ...lack, message: 'Bob' }] } },
      { status: 'done', id: '41', code: 'people-not-added', message: 'Ada; Bob' },
    ],
  ] as const satisfies readonly (readonly [Known | undefined, unknown])[])('%j: %j', (known, outcome) => {
    expect(outcomeOf(known)).toEqual(outcome)
  })
})
