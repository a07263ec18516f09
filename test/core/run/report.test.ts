import { expect, it } from 'vitest'
import type { Outcome, SyncPlan } from 'zds'
import { assemble } from '../../../src/core/plan/plan.ts'
import { reportNumbers, reportOf } from '../../../src/core/run/report.ts'
import { create, planOf, update } from '../../support/applying.ts'
import { fakeClock } from 'zds/testing'

const named = (key: string) => ({ ...update(key), name: `Name of ${key}` })
const sync: SyncPlan = {
  ...planOf(create('A'), named('B'), named('C'), update('D'), update('E'), update('F')),
  skipped: [
    { key: 'X', reason: 'incomplete-listing' },
    { key: 'Y', reason: 'no-key' },
  ],
}
const planned = () => assemble([sync, { ...planOf(), name: 'partners' }], 'fingerprint', fakeClock())
const lack = { code: 'people-not-added', message: 'Ada is an agent' }
const refused = { code: 'http-422', message: 'desk answered 422' }
const outcomes: readonly Outcome[] = [
  { key: 'A', status: 'done', id: '1' },
  { key: 'B', status: 'done', id: '2', partly: [lack, { ...lack, message: 'Bob is an agent' }] },
  { key: 'C', status: 'failed', ...refused },
  { key: 'D', status: 'stale', code: 'changed-since-plan', message: 'The record is gone' },
  { key: 'E', status: 'unresolved', code: 'unresolved', message: 'parent refers to A' },
]
const reported = () =>
  reportOf({ run: 'run-1', status: 'failed', forced: true }, planned(), new Map([['global', outcomes]]))
const none = { failed: 0, stale: 0, notAttempted: 0, unknown: 0, partly: 0, heldBack: 0, codes: {} }

it('SAFE-03: a report counts what became of each change, and tells of each that was not done, or not all of it', () => {
  const report = reported()
  const { failures, ...numbers } = report.syncs[0] ?? {}
  expect({ ...report, syncs: [] }).toEqual({
    version: 1,
    run: 'run-1',
    digest: planned().digest,
    status: 'failed',
    forced: true,
    syncs: [],
  })
  expect(numbers).toEqual({
    name: 'global',
    planned: 6,
    done: 2,
    failed: 2,
    stale: 1,
    notAttempted: 1,
    unknown: 0,
    partly: 1,
    heldBack: 1,
    codes: { 'people-not-added': 2, 'changed-since-plan': 1, 'http-422': 1, unresolved: 1 },
  })
  expect(failures).toStrictEqual([
    { key: 'C', name: 'Name of C', status: 'failed', ...refused },
    { key: 'D', status: 'stale', code: 'changed-since-plan', message: 'The record is gone' },
    { key: 'E', status: 'unresolved', code: 'unresolved', message: 'parent refers to A' },
    { key: 'B', name: 'Name of B', status: 'done', ...lack },
    { key: 'B', name: 'Name of B', status: 'done', ...lack, message: 'Bob is an agent' },
  ])
  expect(report.syncs[1]).toEqual({ name: 'partners', planned: 0, done: 0, ...none, failures: [] })
})

it('OPS-08: its numbers name nobody', () => {
  const report = reported()
  const { syncs, ...head } = reportNumbers(report)
  expect(syncs.map((one) => Object.keys(one))).toEqual([
    Object.keys(report.syncs[0] ?? {}).filter((member) => member !== 'failures'),
    Object.keys(report.syncs[1] ?? {}).filter((member) => member !== 'failures'),
  ])
  expect(JSON.stringify([head, syncs])).not.toMatch(/Name of|agent|gone/)
})
