import type { Outcome } from '../../../core/outcome.ts'
import {
  count,
  heldBack,
  OPS,
  type Change,
  type Plan,
  type Remark,
  type Skip,
  type SyncPlan,
} from '../../../core/plan/plan.ts'
import type { Report } from '../../../core/run/report.ts'
import type { Lap } from '../../../core/run/timeline.ts'

/** What a report tells of: a plan, and what became of it where it was carried out. */
export type Subject = {
  readonly plan: Plan
  readonly report?: Report
  /** By sync and key. */
  readonly outcomes?: ReadonlyMap<string, ReadonlyMap<string, Outcome>>
  /** What took how long, where that is known. */
  readonly laps?: { readonly plan: readonly Lap[]; readonly apply: readonly Lap[] }
}

/** One line of the table: a change, or a record that is left as it is. */
export type Row = {
  readonly sync: string
  readonly op: Change['op'] | 'left'
  readonly key: string
  readonly id?: string
  readonly name?: string
  readonly reason?: string
  readonly fields?: { readonly [field: string]: readonly [from: unknown, to: unknown] }
  readonly remarks?: readonly string[]
  readonly outcome?: { readonly status: string; readonly code?: string; readonly message?: string }
}

/** The changes of some syncs, and the records that they leave as they are. */
export function rowsOf({ outcomes, report }: Subject, syncs: readonly SyncPlan[]): Row[] {
  return syncs.flatMap((sync) => {
    const known = outcomes?.get(sync.name)
    const said = Map.groupBy(sync.notices, ({ key }) => key)
    const changes = sync.changes.map((change) => ({
      ...rowOf(sync, change, said.get(change.key) ?? []),
      ...(report !== undefined && { outcome: told(known?.get(change.key)) }),
    }))
    return [...changes, ...sync.skipped.map((skip) => leftOf(sync, skip))]
  })
}

function rowOf(sync: SyncPlan, change: Change, said: readonly Remark[]): Row {
  const { op, key, id, name, reason, fields, remarks = [] } = change
  const words = [...remarks, ...said].map(({ message }) => message)
  return {
    sync: sync.name,
    op,
    key,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(reason !== undefined && { reason: explained(sync, reason) }),
    fields: Object.fromEntries(Object.entries(fields).map(([field, { from, to }]) => [field, [from, to] as const])),
    ...(words.length > 0 && { remarks: words }),
  }
}

function leftOf(sync: SyncPlan, { key, id, name, reason }: Skip): Row {
  return {
    sync: sync.name,
    op: 'left',
    key,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    reason: explained(sync, reason),
  }
}

const explained = ({ words }: SyncPlan, reason: string): string =>
  words[reason] === undefined ? reason : `${reason}: ${words[reason]}`

function told(outcome: Outcome | undefined): NonNullable<Row['outcome']> {
  if (outcome === undefined) return { status: 'not attempted' }
  if (outcome.status !== 'done') return { status: outcome.status, code: outcome.code, message: outcome.message }
  const missing = outcome.partly ?? []
  const message = missing.map((part) => part.message).join('; ')
  return missing.length === 0 ? { status: 'done' } : { status: 'done in part', message }
}

/** How many of each kind, and what became of them: what may be told of any sync. */
export function countsOf(sync: SyncPlan, { report }: Subject): { readonly [word: string]: number } {
  const { done, failed, stale } = report?.syncs.find(({ name }) => name === sync.name) ?? {}
  const ops = OPS.map((op) => [op, count(sync, op)] as const).filter(([op, some]) => op !== 'remove' || some > 0)
  return {
    ...Object.fromEntries(ops),
    left: sync.skipped.length,
    heldBack: heldBack(sync),
    ...(done !== undefined && { done, failed: failed ?? 0, stale: stale ?? 0 }),
  }
}
