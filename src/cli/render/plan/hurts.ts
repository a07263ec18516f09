import { fell } from '../../../core/plan/limits.ts'
import type { Many } from '../../../core/many.ts'
import type { Change, FieldChange, Order, SyncPlan } from '../../../core/plan/plan.ts'
import { whoOf, type Who } from './who.ts'

/** Records that are retired or removed with the same effect, by reason. */
export type Retired = {
  readonly op: 'retire' | 'remove'
  readonly resource: string
  /** What they get: `mark_for_deletion -> true`. Empty where they are removed. */
  readonly effect: { readonly [field: string]: FieldChange['to'] }
  readonly records: number
  readonly reasons: readonly {
    readonly reason: string
    readonly meaning: string
    /** First those whose names other records wait for, with the keys of these (AMB-20). */
    readonly who: readonly (Who & { readonly wantedBy?: string })[]
  }[]
}

/** Values of a field that has an order, and what fell or rose in it. */
export type Move = { readonly field: string; readonly fell: readonly Moved[]; readonly rose: readonly Moved[] }
type Moved = Who & FieldChange

/** What is retired or removed, the most of it first. */
export function retiresOf(syncs: readonly SyncPlan[]): Retired[] {
  const all = syncs.flatMap((sync) => {
    const wanted = wantedBy(sync)
    return Array.from(sync.changes.values().flatMap((change) => ending(change, sync, wanted)))
  })
  const alike = Map.groupBy(all, ({ op, resource, effect }) => JSON.stringify([op, resource, effect]))
  return [...alike.values()].flatMap((some) => {
    const [first] = some
    if (first === undefined) return []
    const { op, resource, effect } = first
    return [{ op, resource, effect, records: some.length, reasons: reasonsOf(some) }]
  })
}

type Ending = Pick<Retired, 'op' | 'resource' | 'effect'> & {
  readonly reason: string
  readonly meaning: string
  readonly who: Retired['reasons'][number]['who'][number]
}

function ending(change: Change, { resource, words }: SyncPlan, wanted: ReadonlyMap<string, string>): Ending[] {
  const { op, id, fields, reason = 'gone' } = change
  if (op !== 'retire' && op !== 'remove') return []
  const effect = op === 'remove' ? {} : Object.fromEntries(Object.entries(fields).map(([field, { to }]) => [field, to]))
  const waits = id === undefined ? undefined : wanted.get(id)
  const who = { ...whoOf(change), ...(waits !== undefined && { wantedBy: waits }) }
  return [{ op, resource, effect, reason, meaning: words[reason] ?? '', who }]
}

function reasonsOf(endings: readonly Ending[]): Retired['reasons'] {
  const byReason = [...Map.groupBy(endings, ({ reason }) => reason)].toSorted(([, a], [, b]) => b.length - a.length)
  return byReason.map(([reason, some]) => ({
    reason,
    meaning: some[0]?.meaning ?? '',
    who: some.map(({ who }) => who).toSorted((a, b) => Number('wantedBy' in b) - Number('wantedBy' in a)),
  }))
}

/** Who waits for the name of a record, by its id (AMB-20). */
function wantedBy({ skipped }: SyncPlan): ReadonlyMap<string, string> {
  const waiting = skipped.flatMap(({ key, heldBy }) => (heldBy?.id === undefined ? [] : [[heldBy.id, key] as const]))
  return new Map(waiting)
}

/** What falls and rises, of each field that a limit gives an order. */
export function movesOf(syncs: readonly SyncPlan[]): Move[] {
  const moves = syncs.flatMap(({ changes, bounds }) =>
    Object.entries(bounds?.fields ?? {}).flatMap(([field, { order }]) =>
      order === undefined ? [] : [{ field, ...moved(changes, field, order) }],
    ),
  )
  return [...Map.groupBy(moves, ({ field }) => field)].map(([field, some]) => ({
    field,
    fell: some.flatMap((move) => move.fell),
    rose: some.flatMap((move) => move.rose),
  }))
}

function moved(changes: Many<Change>, field: string, order: Order): Omit<Move, 'field'> {
  const some = changes.values().flatMap((change): Moved[] => {
    const value = change.op === 'create' ? undefined : change.fields[field]
    return value === undefined ? [] : [{ ...whoOf(change), ...value }]
  })
  const all = [...some]
  return {
    fell: all.filter((move) => fell(move, order)),
    rose: all.filter(({ from, to }) => fell({ from: to, to: from }, order)),
  }
}
