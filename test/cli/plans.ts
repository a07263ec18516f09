import { stripVTControlCharacters } from 'node:util'
import type { Change, Notice, Plan, Skip, SyncPlan } from '../../src/core/plan/plan.ts'
import type { Json } from '../../src/core/json.ts'
import type { Paint } from '../../src/cli/render/paint.ts'
import type { Look } from '../../src/cli/render/look.ts'

export const bare: Paint = (_, text) => text
/** Colours as a terminal gets them. */
export const colours: Paint = (_, text) => `\u001B[31m${text}\u001B[39m`
/** What is left of a line when its colours are taken away. */
export const uncoloured = (line: string): string => stripVTControlCharacters(line)

export const look = (more: Partial<Look> = {}): Look => ({
  columns: Number.POSITIVE_INFINITY,
  paint: bare,
  all: false,
  ...more,
})

type Values = { readonly [field: string]: readonly [from: Json, to: Json] }

export const change = (
  op: Change['op'],
  key: string,
  fields: Values,
  more: Pick<Partial<Change>, 'name' | 'reason' | 'along' | 'remarks'> = {},
): Change => ({
  op,
  key,
  ...(op !== 'create' && { id: `id-${key}` }),
  fields: Object.fromEntries(Object.entries(fields).map(([field, [from, to]]) => [field, { from, to }])),
  ...more,
})

export const many = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index))

export type Parts = {
  readonly name?: string
  readonly changes?: readonly Change[]
  readonly skipped?: readonly Skip[]
} & Partial<SyncPlan>

export const syncPlan = (parts: Parts = {}): SyncPlan => ({
  name: 'global',
  instance: 'global',
  resource: 'organizations',
  existing: 100,
  desired: 100,
  inSync: 50,
  complete: { desired: true, existing: true },
  changes: [],
  skipped: [],
  words: {},
  notices: [],
  excesses: [],
  ...parts,
})

export const planOf = (...syncs: readonly SyncPlan[]): Plan => ({
  version: 1,
  createdAt: '2026-03-16T10:00:00.000Z',
  asOf: '2026-03-16',
  config: 'f'.repeat(64),
  syncs,
  digest: 'd'.repeat(64),
})

export const notice = (message: string, code = 'unknown-charge'): Notice => ({ code, key: 'K', message })
