import { describe, expect, it } from 'vitest'
import { lowerCase, type Change, type Outcome, type Plan } from 'zds'
import { logOf, type LogAsked, type LogEntry } from '../../../src/core/answers/log.ts'
import { leavePlan } from '../../../src/core/run/plan-parts.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import type { RunEvent } from '../../../src/core/state/state.ts'
import { planOf } from '../../support/applying.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { syncOf } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const at = (day: number): Date => new Date(`2026-03-0${day}T10:00:00.000Z`)

const updateTo = (to: string, more: Partial<Change> = {}): Change => ({
  op: 'update',
  key: 'acme',
  id: '7',
  fields: { name: { from: 'Old', to } },
  ...more,
})

const plan = (...changes: readonly Change[]): Plan =>
  assemble([{ ...planOf(), name: 'global', changes }], 'fingerprint', fakeClock())

const noted = (run: string, day: number, more: Partial<RunEvent> = {}): RunEvent => ({
  run,
  kind: 'planned',
  at: at(day).toISOString(),
  asOf: '2026-03-01',
  digest: undefined,
  changes: undefined,
  code: undefined,
  message: undefined,
  ...more,
})

const scene = (): TestEngine => engineOf({ sources: {}, targets: { global: syncOf({ fold: lowerCase }) } })

/** A run that was begun on a day, with what became of its changes, and ended on the next where it did. */
async function ran(engine: TestEngine, id: string, day: number, made: Plan, outcomes: readonly Outcome[] = []) {
  const { journal } = engine.state
  await journal.begin({ id, plan: made, forced: false, at: at(day) })
  await journal.record({ run: id, sync: 'global', steps: outcomes, at: at(day) })
}

const done: Outcome = { key: 'acme', status: 'done', id: '7' }

const logged = (engine: TestEngine, asked: LogAsked = {}): Promise<LogEntry[]> => logOf(engine, asked)

const TIED = {
  sync: 'global',
  because: 'ref',
  awaited: 'other',
  count: 1,
  examples: [],
  since: 's',
  until: 'u',
} as const

describe('the history of a project', () => {
  /** Plans, a refusal, failures, and applies: one that failed, one that is done, one with a change undone, one under way. */
  async function history(): Promise<TestEngine> {
    const engine = scene()
    const { journal } = engine.state
    const made = plan(updateTo('New'))
    await journal.note(noted('r1', 1, { digest: 'd1', changes: 1 }))
    await journal.note(
      noted('r2', 2, { kind: 'refused', digest: 'd2', changes: 9, code: 'LIMIT_EXCEEDED', message: 'too many' }),
    )
    await journal.note(noted('r3', 3, { kind: 'failed', code: 'AUTH_FAILED' }))
    await journal.begin({ id: 'r4', plan: made, forced: true, at: at(4), approval: { by: 'ada', because: 'a merger' } })
    await journal.note(noted('r4', 4, { kind: 'failed', code: 'HTTP_UNAVAILABLE', message: 'down' }))
    await journal.end('r4', 'failed', at(5))
    await journal.note(noted('r4', 4))
    await journal.note(noted('r5', 5))
    await ran(engine, 'r5', 6, made, [done])
    await journal.end('r5', 'done', at(6))
    await ran(engine, 'r6', 7, made)
    await journal.end('r6', 'done', at(7))
    await journal.noteWaits([{ run: 'r6', ...TIED }])
    await ran(engine, 'r7', 8, made, [done])
    await journal.note(noted('r8', 9, { kind: 'failed', code: 'ENV_MISSING' }))
    return engine
  }

  it('has each plan, refusal, failure and apply once, the last first, with how it ended', async () => {
    const engine = await history()
    const common = {
      kind: 'apply',
      asOf: '2026-03-16',
      digest: plan(updateTo('New')).digest,
      changes: 1,
      forced: false,
    }
    const [at1, at2, at3, at4, at5, at6, at7, at8, at9] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((day) =>
      at(day).toISOString(),
    )
    const plain = { kind: 'plan', asOf: '2026-03-01' }
    expect(await logged(engine)).toStrictEqual([
      { run: 'r8', kind: 'failed', at: at9, asOf: '2026-03-01', error: { code: 'ENV_MISSING', message: '' } },
      { ...common, run: 'r7', at: at8, status: 'stopped', done: 1 },
      {
        ...common,
        run: 'r6',
        at: at7,
        endedAt: at7,
        status: 'done',
        done: 0,
        waits: [{ run: 'r6', ...TIED }],
      },
      { ...common, run: 'r5', at: at6, endedAt: at6, status: 'done', done: 1 },
      { ...plain, run: 'r5', at: at5 },
      { ...plain, run: 'r4', at: at4 },
      {
        ...common,
        run: 'r4',
        at: at4,
        endedAt: at5,
        status: 'failed',
        done: 0,
        forced: true,
        approval: { by: 'ada', because: 'a merger' },
        error: { code: 'HTTP_UNAVAILABLE', message: 'down' },
      },
      { run: 'r3', kind: 'failed', at: at3, asOf: '2026-03-01', error: { code: 'AUTH_FAILED', message: '' } },
      {
        run: 'r2',
        kind: 'refused',
        at: at2,
        asOf: '2026-03-01',
        digest: 'd2',
        changes: 9,
        error: { code: 'LIMIT_EXCEEDED', message: 'too many' },
      },
      { run: 'r1', kind: 'plan', at: at1, asOf: '2026-03-01', digest: 'd1', changes: 1 },
    ])
  })

  it.each<[string, LogAsked, readonly string[]]>([
    ['from a moment on', { since: at(4) }, ['r8', 'r7', 'r6', 'r5', 'r5', 'r4', 'r4']],
    ['what did not go well', { failed: true }, ['r8', 'r7', 'r6', 'r4', 'r3', 'r2']],
    ['both', { since: at(7), failed: true }, ['r8', 'r7', 'r6']],
  ])('may be asked for %s', async (_what, asked, runs) => {
    expect((await logged(await history(), asked)).map(({ run }) => run)).toEqual(runs)
  })

  it('SAFE-16: says that an apply is running while it holds a lock, and has stopped once it does not', async () => {
    const engine = scene()
    const { clock, signal, state } = engine
    await ran(engine, 'r1', 1, plan(updateTo('New')))
    const place = { instance: 'global', address: 'https://global.example' }
    const statuses = async () => (await logged(engine)).map(({ status }) => status)
    const other = await state.locks.take([place], 'r0', { waitMs: 0, clock, signal })
    expect(await statuses()).toEqual(['stopped'])
    await other.giveBack()
    const hold = await state.locks.take([place], 'r1', { waitMs: 0, clock, signal })
    expect(await statuses()).toEqual(['running'])
    await hold.giveBack()
    expect(await statuses()).toEqual(['stopped'])
  })

  it('tells how a run ended with it, and an end that was no error not as one', async () => {
    const engine = scene()
    await ran(engine, 'r1', 1, plan(updateTo('New')))
    await engine.state.journal.note(noted('r0', 1, { kind: 'failed', code: 'AUTH_FAILED' }))
    await engine.state.journal.note(noted('r1', 1, { kind: 'failed', code: 'STATE_UNAVAILABLE' }))
    await engine.state.journal.end('r1', 'done', at(2))
    const entries = await logged(engine)
    expect(entries.map(({ run, error }) => [run, error?.code])).toEqual([
      ['r0', 'AUTH_FAILED'],
      ['r1', undefined],
    ])
  })
})

describe('the history of a record', () => {
  const create: Change = { op: 'create', key: 'acme', name: 'Acme', fields: { name: { from: null, to: 'Acme' } } }
  const other = updateTo('Other', { key: 'globex', id: '8' })

  it.each(['acme', 'ACME', '7'])('by its key in any case, or by its id: %s', async (key) => {
    const engine = scene()
    const { journal } = engine.state
    await journal.note(noted('r1', 1))
    await leavePlan(plan(create, other), engine.state.artifacts('r1'))
    await ran(engine, 'r2', 2, plan(create, other), [done])
    await journal.note(noted('r3', 3, { kind: 'refused' }))
    await leavePlan(plan(create), engine.state.artifacts('r3'))
    await ran(engine, 'r4', 4, plan(updateTo('New', { fields: { name: { from: 'Edited', to: 'New' } } })))
    await ran(engine, 'r5', 5, plan(other))
    const { op, key: of, name, fields } = create
    const made = { sync: 'global', op, key: of, name, fields }
    const attempt = { status: 'not-attempted', id: null, code: null, message: null }
    const told = (await logged(engine, { key })).map(({ run, ofKey }) => [run, ofKey])
    expect(told).toStrictEqual([
      [
        'r4',
        [
          {
            sync: 'global',
            op: 'update',
            key: 'acme',
            fields: { name: { from: 'Edited', to: 'New' } },
            outcome: attempt,
            drift: ['name'],
          },
        ],
      ],
      ['r2', [{ ...made, outcome: { ...attempt, status: 'done', id: '7' } }]],
      // Of a plan only its key is known: which id it would get is not.
      ...(key === '7' ? [] : [['r1', [made]]]),
    ])
  })

  it('by its name, in any case (AMB-20)', async () => {
    const engine = scene()
    await ran(engine, 'r1', 1, plan(create, updateTo('Other', { key: 'globex', id: '8', name: 'Globex' })), [done])
    await ran(engine, 'r2', 2, plan(other))
    const told = await logged(engine, { key: ' ACME ' })
    expect(told.map(({ run, ofKey }) => [run, ofKey?.map(({ name }) => name)])).toEqual([['r1', ['Acme']]])
    expect(await logged(engine, { key: ' ' })).toEqual([])
  })

  it('that zds wrote longer ago than is asked for is known all the same: an edit since then shows', async () => {
    const engine = scene()
    await ran(engine, 'r1', 1, plan(updateTo('Ours')), [done])
    await ran(engine, 'r2', 3, plan(updateTo('Ours', { fields: { name: { from: 'Theirs', to: 'Ours' } } })), [done])
    await ran(engine, 'r3', 4, plan(updateTo('New', { fields: { name: { from: 'Ours', to: 'New' } } })), [done])
    const told = await logged(engine, { key: 'acme', since: at(2) })
    expect(told.map(({ run, ofKey }) => [run, ofKey?.[0]?.drift])).toEqual([
      ['r3', undefined],
      ['r2', ['name']],
    ])
  })

  it('that is an address, in any spelling (USR-03), also of a sync that the configuration has no more', async () => {
    const engine = engineOf({ sources: {}, targets: { users: syncOf() } })
    const change = updateTo('New', { key: 'ann@xn--bcher-kva.example' })
    await ran(engine, 'r1', 1, plan(change))
    const told = await logged(engine, { key: 'Ann@Bücher.example' })
    expect(told.map(({ run, ofKey }) => [run, ofKey?.length])).toEqual([['r1', 1]])
    const asIs = engineOf({ sources: {}, targets: { global: syncOf() } })
    await ran(asIs, 'r1', 1, plan(updateTo('New', { key: 'aB1' })))
    const found = await Promise.all(['aB1', 'ab1'].map((key) => logged(asIs, { key })))
    expect(found.map(({ length }) => length)).toEqual([1, 0])
    expect(await logged(engine, { key: 'bob@xn--bcher-kva.example' })).toEqual([])
  })
})
