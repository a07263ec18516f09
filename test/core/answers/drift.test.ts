import { expect, test } from 'vitest'
import { ref, type Change, type Json } from 'zds'
import { driftedChangesOf, watchDrift } from '../../../src/core/answers/drift.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { runNamed } from '../../../src/core/run/history.ts'
import { planOf } from '../../support/applying.ts'
import { engineOf } from '../../support/engine.ts'
import type { Known } from '../../../src/core/outcome.ts'

const done: Known = { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }
const update = (from: Json, to: Json): Change => ({ op: 'update', key: 'A', id: '7', fields: { at: { from, to } } })

test('a record that was referred to before it was there is no edit of somebody once it has an id', () => {
  const drifted = watchDrift()
  expect(drifted({ sync: 'users', change: update(null, ref('us-gov', 'X')), known: done })).toEqual([])
  expect(drifted({ sync: 'users', change: update('41', '42'), known: done })).toEqual([])
  expect(drifted({ sync: 'users', change: update('43', '42'), known: done })).toEqual(['at'])
})

test('what somebody has edited is told of its own field and record only, and of what was carried out only', () => {
  const drifted = watchDrift()
  const both = { at: { from: null, to: '1' }, name: { from: null, to: 'Acme' } }
  drifted({ sync: 'users', change: { op: 'create', key: 'A', fields: both }, known: done })
  expect(drifted({ sync: 'users', change: update('2', '1'), known: undefined })).toEqual(['at'])
  expect(drifted({ sync: 'others', change: update('2', '1'), known: undefined })).toEqual([])
  expect(drifted({ sync: 'users', change: { ...update('2', '1'), key: 'B' }, known: undefined })).toEqual([])
  // Nobody has written 3: it was planned only.
  expect(drifted({ sync: 'users', change: update('1', '3'), known: { kind: 'sending' } })).toEqual([])
  expect(drifted({ sync: 'users', change: update('1', '3'), known: done })).toEqual([])
  expect(drifted({ sync: 'users', change: { ...update('3', '4'), op: 'create' }, known: done })).toEqual([])
  expect(drifted({ sync: 'users', change: { ...update('5', '6'), op: 'create' }, known: undefined })).toEqual([])
})

test('the changes of a run are held against what the runs before it wrote, and no later one', async () => {
  const { state, clock } = engineOf({ sources: {}, targets: {} })
  const { journal } = state
  for (const [run, from, to] of [
    ['run-1', '0', '1'],
    ['run-2', '1', '2'],
    ['run-3', 'edited', '2'],
    ['run-4', '2', '4'],
  ] as const) {
    const plan = assemble([{ ...planOf(update(from, to)), name: 'users' }], 'fingerprint', clock)
    await journal.begin({ id: run, plan, forced: false, at: clock.now() })
    await journal.record({ run, sync: 'users', steps: [{ key: 'A', status: 'done', id: '7' }], at: clock.now() })
  }
  const told: unknown[] = []
  for (const run of ['run-1', 'run-2', 'run-3', 'run-4'])
    for await (const one of driftedChangesOf(journal, await runNamed(journal, run)))
      told.push([run, one.sync, one.change.fields['at']?.to, one.known, one.drift])
  expect(told).toEqual([
    ['run-1', 'users', '1', { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }, []],
    ['run-2', 'users', '2', { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }, []],
    ['run-3', 'users', '2', { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }, ['at']],
    ['run-4', 'users', '4', { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }, []],
  ])
})
