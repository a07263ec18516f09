import { describe, expect, it } from 'vitest'
import type { Change, Plan, SyncPlan } from 'zds'
import { differencesOf } from '../../../src/core/plan/difference.ts'
import { planOf } from '../../support/applying.ts'

const plan = (sync: SyncPlan): Plan => ({
  version: 1,
  createdAt: '2026-03-16T00:00:00.000Z',
  asOf: '2026-03-16',
  config: 'c',
  digest: 'd',
  syncs: [sync],
})
const change = (to: string | null): Change => ({
  op: 'update',
  key: 'A',
  id: '7',
  fields: { account_owner: { from: 'null', to } },
})
const [none, some, other] = [planOf(), planOf(change(null)), planOf(change('Ada'))].map(plan)
if (!none || !some || !other) throw new Error('there are three')

describe('what differs between two plans', () => {
  it('is told in the values that are there: an empty one is null, and the text null is a text', () => {
    const fields = { account_owner: { from: 'null', to: null } }
    const whole = { op: 'update', id: '7', reason: null, along: null, fields }
    const path = ['syncs', 'global', 'changes', 'A']
    expect(differencesOf(none, some)).toEqual([{ path, kind: 'added', from: null, to: whole }])
    expect(differencesOf(some, none)).toEqual([{ path, kind: 'removed', from: whole, to: null }])
    expect(differencesOf(some, other)).toEqual([
      { path: [...path, 'fields', 'account_owner', 'to'], kind: 'changed', from: null, to: 'Ada' },
    ])
  })
})
