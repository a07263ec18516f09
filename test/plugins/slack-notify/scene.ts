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

/**
 * A change that was done; of a sync that deals with people, with so many of them, and so many
 * missing.
 */
export const done = (key: string, people?: number, missing = 0): Outcome => ({
  key,
  status: 'done',
  id: `id-${key}`,
  ...(missing > 0 && {
    partly: Array.from({ length: missing }, () => ({ code: 'people-not-added', message: 'ada@sold.example' })),
  }),
  ...(people !== undefined && { facts: { people } }),
})
export const failed = (key: string, code = 'name-taken', message = 'is taken'): Outcome => ({
  key,
  status: 'failed',
  code,
  message,
})

export const syncPlan = (name: string, changes: readonly Change[], more: Partial<SyncPlan> = {}): SyncPlan => ({
  name,
  instance: name,
  resource: 'organizations',
  existing: 10,
  desired: 10,
  changes,
  skipped: [],
  words: {},
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
