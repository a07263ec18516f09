import assert from 'node:assert/strict'
import { ZdsError } from '../core/errors.ts'
import type { RunEnd, Outcome } from '../core/outcome.ts'
import { assemble, type Change, type Plan } from '../core/plan/plan.ts'
import type { Observer } from '../core/observer.ts'
import { inWorldsOf, law, type Law, type Setup, type WorldLaw } from './laws.ts'
import { testRun, type LentRun } from './run.ts'
import { endOf } from './source-laws.ts'
import { planOf } from './target-world.ts'

/**
 * An observer, and where it tells what it was told: a channel that is open, a file that can be
 * written.
 */
export type ObserverWorld = {
  readonly observer: Observer
  /** A run of its own: `testRun()`. */
  readonly run: () => LentRun
  close?(): Promise<void> | void
}

const laws: readonly WorldLaw<ObserverWorld>[] = [
  law('watches something', async ({ observer }) => {
    const watched = ['listen', 'planned', 'refused', 'notPlanned', 'ended'].filter((event) => event in observer)
    assert.notDeepEqual(watched, [], 'It has neither listen nor planned nor refused nor notPlanned nor ended')
  }),

  law('takes every plan, also one in which nothing is to be done', async ({ observer, run }) => {
    for (const plan of [plans().empty, plans().full]) {
      await observer.planned?.(plan, run())
      await observer.refused?.(plan, run())
    }
  }),

  law('takes that a plan could not be made, and whatever the error', async ({ observer, run }) => {
    for (const { error, endedAt } of ends()) await observer.notPlanned?.({ run: 'run-1', error, at: endedAt }, run())
  }),

  law('takes every end of a run, and whatever it ended with', async ({ observer, run }) => {
    for (const ended of ends()) await observer.ended?.(ended, run())
  }),

  law('changes nothing of what it is told', async ({ observer, run }) => {
    const { full } = plans()
    const before = structuredClone(full)
    await observer.planned?.(full, run())
    await observer.refused?.(full, run())
    assert.deepEqual(full, before)
    for (const [n, ended] of ends().entries()) {
      await observer.ended?.(ended, run())
      assert.deepEqual(ended, ends()[n])
    }
  }),

  law('is done at once when its run is aborted', async ({ observer, run }) => {
    const stopped = run()
    stopped.abort(new Error('enough'))
    const told = [
      () => observer.planned?.(plans().full, stopped),
      () => observer.refused?.(plans().full, stopped),
      ...ends().map(
        ({ error, endedAt }) =>
          () =>
            observer.notPlanned?.({ run: 'run-1', error, at: endedAt }, stopped),
      ),
      ...ends().map((ended) => () => observer.ended?.(ended, stopped)),
    ]
    for (const tell of told) await endOf(Promise.resolve(tell()))
  }),

  law('ends what it listens to when it is asked to', async ({ observer }) => {
    const end = await observer.listen?.(() => undefined)
    await endOf(Promise.resolve(end?.()))
  }),
]

/** The laws of an `Observer`, over the worlds that `setup` makes. */
export const observerLaws = (setup: Setup<ObserverWorld>): Law[] => inWorldsOf(setup, laws)

const CHANGES: readonly Change[] = [
  { op: 'create', key: 'new', fields: { name: { from: null, to: 'New' } } },
  { op: 'update', key: 'kept', id: '1', fields: { name: { from: 'Kept', to: '<Kept & "well">' } } },
  { op: 'retire', key: 'gone', id: '2', fields: { active: { from: true, to: false } }, reason: 'gone' },
  { op: 'remove', key: 'row', id: '3', fields: { name: { from: 'Row', to: null } }, reason: 'gone' },
]

function plans(): { readonly empty: Plan; readonly full: Plan } {
  const { clock } = testRun()
  const full = { ...planOf(CHANGES), words: { gone: 'nothing that was read speaks of it' } }
  return { empty: assemble([planOf([])], 'laws', clock), full: assemble([full], 'laws', clock) }
}

const OUTCOMES: readonly Outcome[] = [
  { key: 'new', status: 'done', id: '9', partly: [{ code: 'no-photo', message: 'New has no photo' }] },
  { key: 'kept', status: 'failed', code: 'http-422', message: 'laws: PUT /records/1 answered 422: <name> & "more"' },
  { key: 'gone', status: 'stale', code: 'changed-since-plan', message: 'Changed since the plan was made' },
  { key: 'row', status: 'unresolved', code: 'ref-unresolved', message: 'Its group was not created' },
]

/** One end of each status, with none, some and all of the outcomes, and errors of all kinds. */
function ends(): RunEnd[] {
  const ended = (status: RunEnd['status'], error: unknown, outcomes: readonly Outcome[]): RunEnd => ({
    run: 'run-1',
    status,
    error,
    plan: plans().full,
    startedAt: '2026-03-16T10:00:00.000Z',
    endedAt: '2026-03-16T10:00:05.000Z',
    resumed: status === 'interrupted',
    outcomes: new Map([['laws', outcomes]]),
  })
  return [
    ended('done', undefined, OUTCOMES),
    ended('failed', new ZdsError('AUTH_FAILED', 'laws: GET /records answered 401'), OUTCOMES.slice(0, 1)),
    ended('interrupted', 'a word', OUTCOMES.slice(0, 2)),
    ended('abandoned', undefined, []),
  ]
}
