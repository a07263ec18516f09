import type { Outcome } from '../../../core/outcome.ts'
import type { Change, Plan, Skip, SyncPlan } from '../../../core/plan/plan.ts'
import type { Report } from '../../../core/run/report.ts'
import type { Lap } from '../../../core/run/timeline.ts'

/** What a report tells of: a plan, and what became of it where it was carried out. */
export type Subject = {
  readonly plan: Plan
  readonly report?: Report
  /** By sync and key. */
  readonly outcomes?: ReadonlyMap<string, ReadonlyMap<string, Outcome>>
  /** The keys of what was sent and of which nobody knows yet what became, by sync. */
  readonly unsettled?: ReadonlyMap<string, ReadonlySet<string>>
  /** The fields of a change that somebody had edited since zds wrote them, by sync and key. */
  readonly drift?: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
  /** What took how long, where that is known. */
  readonly laps?: { readonly plan: readonly Lap[]; readonly apply: readonly Lap[] }
}

/** One line of the table: a change, or a record that is left as it is. */
export type PageRow = {
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
export function rowsOf(subject: Subject, syncs: readonly SyncPlan[]): PageRow[] {
  const { outcomes, report, drift } = subject
  return syncs.flatMap((sync) => {
    const known = outcomes?.get(sync.name)
    const said = Map.groupBy(sync.notices, ({ key }) => key)
    const changes = [...sync.changes].map((change) => ({
      ...rowOf(sync, change, [
        ...undone(drift?.get(sync.name)?.get(change.key)),
        ...[...(change.remarks ?? []), ...(said.get(change.key) ?? [])].map(({ message }) => message),
      ]),
      ...(report !== undefined && {
        outcome: told(known?.get(change.key)) ?? { status: unknownOf(subject, sync.name, change.key) },
      }),
    }))
    return [...changes, ...sync.skipped.map((skip) => leftOf(sync, skip))]
  })
}

/** That a change undoes what somebody has edited. */
const undone = (fields: readonly string[] = []): string[] =>
  fields.length === 0 ? [] : [`somebody had changed ${fields.join(', ')}`]

function rowOf(sync: SyncPlan, change: Change, remarks: readonly string[]): PageRow {
  const { op, key, id, name, reason, fields } = change
  return {
    sync: sync.name,
    op,
    key,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(reason !== undefined && { reason: explained(sync, reason) }),
    fields: Object.fromEntries(Object.entries(fields).map(([field, { from, to }]) => [field, [from, to] as const])),
    ...(remarks.length > 0 && { remarks }),
  }
}

function leftOf(sync: SyncPlan, { key, id, name, reason }: Skip): PageRow {
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

/** What is said of a change without an outcome. */
export const unknownOf = ({ unsettled }: Subject, sync: string, key: string): string =>
  unsettled?.get(sync)?.has(key) === true ? 'unknown' : 'not attempted'

function told(outcome: Outcome | undefined): PageRow['outcome'] {
  if (outcome === undefined) return undefined
  if (outcome.status !== 'done') return { status: outcome.status, code: outcome.code, message: outcome.message }
  const missing = outcome.partly ?? []
  const message = missing.map((part) => part.message).join('; ')
  return missing.length === 0 ? { status: 'done' } : { status: 'done in part', message }
}

export const titleOf = ({ plan, report }: Subject): string =>
  report === undefined ? `Plan as of ${plan.asOf}` : `Run ${report.run}: ${report.status}`
