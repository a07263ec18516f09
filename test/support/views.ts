import assert from 'node:assert/strict'
import { onePlan } from './one-plan.ts'
import type { State } from 'zds'

const at = new Date('2026-03-16T10:00:00Z')

type Rows = readonly { readonly [column: string]: unknown }[]

/** The views that docs/state.md documents, over a state: the same questions have the same answers. */
export async function assertViews(state: State, ask: (sql: string) => Promise<Rows>): Promise<void> {
  const { journal } = state
  const plan = await onePlan()
  await journal.begin({ id: 'run-1', plan, forced: false, at, approval: { by: 'ada', because: 'a merger' } })
  const record = (...steps: Parameters<typeof journal.record>[0]['steps']) =>
    journal.record({ run: 'run-1', sync: 'global', steps, at })
  await record({ status: 'sending', keys: ['A', 'B', 'C'] })
  await record(
    { key: 'A', status: 'done', id: '42' },
    { key: 'B', status: 'failed', code: 'name-taken', message: 'Name: has been taken' },
  )
  await journal.end('run-1', 'done', at)
  await journal.note({
    run: 'run-2',
    kind: 'refused',
    at: at.toISOString(),
    asOf: '2026-03-16',
    digest: 'd',
    changes: 7,
    code: 'LIMIT_EXCEEDED',
    message: 'too many',
  })
  const since = at.toISOString()
  const until = new Date(at.getTime() + 2_500).toISOString()
  const wait = { because: 'name', awaited: 'global', count: 2 } as const
  await journal.noteWaits([{ run: 'run-1', sync: 'partners', ...wait, examples: [['A', 'B']], since, until }])
  assert.deepEqual(await ask('SELECT run, sync, because, awaited, count, examples FROM zds_waits'), [
    { run: 'run-1', sync: 'partners', ...wait, examples: '[["A","B"]]' },
  ])
  assert.deepEqual(await ask('SELECT run, status, changes, approved_by, approved_because FROM zds_runs'), [
    { run: 'run-1', status: 'done', changes: 1, approved_by: 'ada', approved_because: 'a merger' },
  ])
  assert.deepEqual(await ask('SELECT sync, key, status, id, code, message FROM zds_outcomes ORDER BY key'), [
    { sync: 'global', key: 'A', status: 'done', id: '42', code: null, message: null },
    { sync: 'global', key: 'B', status: 'failed', id: null, code: 'name-taken', message: 'Name: has been taken' },
    { sync: 'global', key: 'C', status: 'sending', id: null, code: null, message: null },
  ])
  assert.deepEqual(await ask('SELECT run, kind, changes, code, message FROM zds_events'), [
    { run: 'run-2', kind: 'refused', changes: 7, code: 'LIMIT_EXCEEDED', message: 'too many' },
  ])
}
