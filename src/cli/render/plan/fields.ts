import { canonical, type Json } from '../../../core/json.ts'
import type { FieldChange, SyncPlan } from '../../../core/plan/plan.ts'

/** How often a value becomes another one. */
export type ValueTurn = FieldChange & { readonly records: number }

/** What updates do to one field, over all records of a resource. */
export type FieldLine = {
  readonly field: string
  readonly resource: string
  readonly records: number
  /** Of those, how many had no value, and how many have none any more. */
  readonly set: number
  readonly emptied: number
  /** Set on most records that there are: nobody had it before. */
  readonly isNew: boolean
  /** Every record gets its own key. */
  readonly ownKey: boolean
  /** The most frequent first. */
  readonly turns: readonly ValueTurn[]
  /** Where all values are numbers. */
  readonly numbers?: { readonly up: number; readonly down: number; readonly sum: number }
  /** Where all values are days. */
  readonly days?: { readonly later: number; readonly earlier: number }
}

type Seen = FieldChange & { readonly key: string }

/** A line for each field that updates change, the most frequent first. */
export function fieldsOf(syncs: readonly SyncPlan[]): FieldLine[] {
  return [...Map.groupBy(syncs, ({ resource }) => resource)]
    .flatMap(([resource, some]) => {
      const existing = some.reduce((sum, sync) => sum + sync.existing, 0)
      return [...seenIn(some)].map(([field, seen]) => lineOf(field, resource, seen, existing))
    })
    .toSorted((a, b) => b.records - a.records)
}

function seenIn(syncs: readonly SyncPlan[]): ReadonlyMap<string, Seen[]> {
  const seen = new Map<string, Seen[]>()
  for (const { changes } of syncs)
    for (const { op, key, fields } of changes)
      for (const [field, { from, to }] of op === 'update' ? Object.entries(fields) : []) {
        const some = seen.get(field) ?? []
        some.push({ key, from, to })
        seen.set(field, some)
      }
  return seen
}

function lineOf(field: string, resource: string, seen: readonly Seen[], existing: number): FieldLine {
  const set = seen.filter(({ from }) => isEmpty(from)).length
  const numbers = numbersOf(seen)
  const days = daysOf(seen)
  return {
    field,
    resource,
    records: seen.length,
    set,
    emptied: seen.filter(({ to }) => isEmpty(to)).length,
    isNew: set === seen.length && seen.length * 2 > existing,
    ownKey: seen.every(({ key, to }) => to === key),
    turns: turnsOf(seen),
    ...(numbers && { numbers }),
    ...(days && { days }),
  }
}

const isEmpty = (value: Json): boolean => value === null || value === ''

function turnsOf(seen: readonly Seen[]): ValueTurn[] {
  const alike = Map.groupBy(seen, ({ from, to }) => canonical([from, to]))
  const turns = [...alike.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [{ from: first.from, to: first.to, records: more.length + 1 }],
  )
  return turns.toSorted((a, b) => b.records - a.records)
}

function numbersOf(seen: readonly Seen[]): FieldLine['numbers'] {
  const steps = seen.flatMap(({ from, to }) => (isNumeric(from) && isNumeric(to) ? [Number(to) - Number(from)] : []))
  const some = seen.some(({ from, to }) => typeof (from ?? to) === 'number')
  if (!some || steps.length < seen.length) return undefined
  const sum = steps.reduce((all, step) => all + step, 0)
  return { up: steps.filter((step) => step > 0).length, down: steps.filter((step) => step < 0).length, sum }
}

/** An empty number counts as none at all. */
const isNumeric = (value: Json): value is number | null => value === null || typeof value === 'number'

function daysOf(seen: readonly Seen[]): FieldLine['days'] {
  const days = seen.flatMap(({ from, to }) => (isDay(from) && isDay(to) ? [[from, to] as const] : []))
  if (days.length < seen.length) return undefined
  const later = days.filter(([from, to]) => to > from).length
  return { later, earlier: days.length - later }
}

const isDay = (value: Json): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(value)

/** What becomes of the records of a field, in parts that can be drawn. */
export type LinePart = 'set' | 'changed' | 'emptied' | 'up' | 'down' | 'later' | 'earlier'

/** The parts of a field's records, without those that are empty. */
export function partsOf({ records, set, emptied, numbers, days }: FieldLine): { part: LinePart; records: number }[] {
  const ways = numbers ? { up: numbers.up, down: numbers.down } : days
  const parts = ways ?? { set, changed: records - set - emptied, emptied }
  // Object.entries forgets the names.
  return (Object.entries(parts) as [LinePart, number][]).flatMap(([part, some]) =>
    some > 0 ? [{ part, records: some }] : [],
  )
}
