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

  it('is every part of them: where it writes, what is held back, what has one name, what is undone', () => {
    const skip = { key: 'A', reason: 'incomplete-listing' }
    const notices = ['12', 'two'].map((message) => ({ key: 'A', code: 'unknown-charge', message }))
    const one = plan({ ...planOf(), address: 'https://one.example', skipped: [{ ...skip, change: change('Ada') }] })
    const two = plan({ ...planOf(), address: 'https://two.example', skipped: [{ ...skip, change: change('Bob') }] })
    const noted = plan({ ...planOf(), notices })
    const at = (path: readonly string[], from: string, to: string) => ({ path, kind: 'changed', from, to })
    expect(differencesOf(one, two)).toEqual([
      at(['syncs', 'global', 'address'], 'https://one.example', 'https://two.example'),
      at(['syncs', 'global', 'held', 'A', 'fields', 'account_owner', 'to'], 'Ada', 'Bob'),
    ])
    expect(differencesOf(noted, plan({ ...planOf(), notices: notices.slice(1) }))).toEqual([
      { path: ['syncs', 'global', 'notices', 'A unknown-charge'], kind: 'changed', from: ['12', 'two'], to: 'two' },
    ])
    const bound = { op: 'update', existing: 9, limit: 0.3, message: 'too many', examples: [] } as const
    const left = (reason: string, count: number): Plan =>
      plan({
        ...planOf(),
        skipped: [
          { key: 'A', reason },
          { key: 'B', id: '7', reason },
        ],
        excesses: [{ ...bound, id: 'global.update', count }],
      })
    expect(differencesOf(left('no-key', 5), left('not-owned', 6))).toEqual([
      at(['syncs', 'global', 'skipped', 'A'], 'no-key', 'not-owned'),
      at(['syncs', 'global', 'skipped', 'B 7'], 'no-key', 'not-owned'),
      { path: ['syncs', 'global', 'excesses', 'global.update'], kind: 'changed', from: 5, to: 6 },
    ])
    expect(differencesOf(none, { ...none, undoes: 'r' })).toEqual([
      { path: ['undoes'], kind: 'changed', from: null, to: 'r' },
    ])
  })
})
