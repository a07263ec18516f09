import type { Change, Outcome, Outcomes, Plan, Setting, SyncPlan } from 'zds'

export const setting = (name: string, value: string | undefined): Setting => ({
  name,
  peek: () => value,
  read: () => {
    if (value === undefined) throw new Error(`${name} is not set`)
    return value
  },
})

export const change = (op: Change['op'], key: string, name?: string): Change => ({
  op,
  key,
  ...(op !== 'create' && { id: `id-${key}` }),
  fields: name === undefined ? {} : { name: { from: null, to: name } },
})

export const done = (key: string, facts?: { contacts: number; contactsFailed: number }): Outcome => ({
  key,
  status: 'done',
  id: `id-${key}`,
  ...(facts && { facts }),
})
export const failed = (key: string, code = 'name-taken', message = 'is taken'): Outcome => ({
  key,
  status: 'failed',
  code,
  message,
})
export const alone = { contacts: 0, contactsFailed: 0 }

export const syncPlan = (name: string, changes: readonly Change[], more: Partial<SyncPlan> = {}): SyncPlan => ({
  name,
  instance: name,
  resource: 'organizations',
  existing: 10,
  desired: 10,
  changes,
  skipped: [],
  notices: [],
  excesses: [],
  complete: { desired: true, existing: true },
  ...more,
})

export const planOf = (...syncs: readonly SyncPlan[]): Plan => ({
  version: 1,
  createdAt: '2026-03-16T10:00:00Z',
  asOf: '2026-03-16',
  config: 'c',
  syncs,
  digest: 'd',
})

export const outcomesOf = (outcomes: { readonly [sync: string]: readonly Outcome[] }): Outcomes =>
  new Map(Object.entries(outcomes))
