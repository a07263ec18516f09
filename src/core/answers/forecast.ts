import { nameOf } from '../compare/compare.ts'
import { owns } from '../compare/decide.ts'
import { calendarDate } from '../clock.ts'
import { syncsAsked, type Narrowing } from './asked.ts'
import { desiredStage } from './key-meant.ts'
import { ZdsError } from '../errors.ts'
import type { Said, Turn } from '../explained.ts'
import { normalise, same } from '../field-types.ts'
import type { Json } from '../json.ts'
import { keyReader } from '../keys.ts'
import type { Fields, Sync } from '../types.ts'
import { UNWATCHED_STAGE } from '../run/schedule.ts'
import { lend, rowsIn, type Shared } from '../run/shared.ts'

/** What time alone will change in a record, on which day, and why. */
export type ForecastChange = {
  readonly key: string
  readonly name?: string
  readonly on: string
  readonly field: string
  readonly from: Json
  readonly to: Json
  readonly because: string
}

export type ForecastAsked = Narrowing & { readonly until: string }

export type Forecast = {
  readonly asOf: string
  readonly until: string
  readonly syncs: readonly { readonly name: string; readonly changes: readonly ForecastChange[] }[]
}

/** What will change after the day of the run up to the day `until`, if nothing else does. */
export async function forecastUntil(
  { until, ...narrowed }: ForecastAsked,
  shared: Shared,
  runId: string,
): Promise<Forecast> {
  const asOf = shared.clock.today
  if (calendarDate(until) <= asOf)
    throw new ZdsError('USAGE', `${until} is not after ${asOf}, the day to start from`, {
      hint: 'Give --until a later day.',
    })
  const syncs = [...syncsAsked(narrowed, shared)].map(async ([name, sync]) => {
    const changes = await forecastOf(until, sync, shared, runId)
    const asked = changes.filter(({ field }) => narrowed.field === undefined || field === narrowed.field)
    return { name, changes: byDay(asked) }
  })
  return { asOf, until, syncs: await Promise.all(syncs) }
}

/** In the order of days and keys; the fields of a record stay together. */
function byDay(changes: readonly ForecastChange[]): ForecastChange[] {
  const places = Map.groupBy(changes, ({ on, key }) => `${on} ${key}`)
  return [...places].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, some]) => some)
}

async function forecastOf(until: string, sync: Sync, shared: Shared, runId: string): Promise<ForecastChange[]> {
  const stage = desiredStage(sync, shared)
  if (stage === undefined || sync.desired.forecast === undefined) return []
  const there = await recordsOf(sync, shared, runId)
  const changes: ForecastChange[] = []
  for await (const turn of sync.desired.forecast(until, lend(stage, shared, runId, UNWATCHED_STAGE)))
    changes.push(...changesOf(turn, sync, there))
  return changes
}

/** The keys of the records of a target, of those that are never retired, and of those that are another sync's. */
type There = { readonly keys: Set<string>; readonly kept: Set<string>; readonly foreign: Set<string> }

async function recordsOf(sync: Sync, shared: Shared, runId: string): Promise<There> {
  const { ofFields } = keyReader(sync.rules, sync.target.types)
  const there: There = { keys: new Set(), kept: new Set(), foreign: new Set() }
  for await (const { fields } of rowsIn(sync.target, shared, runId)) {
    const { text } = ofFields(fields)
    there.keys.add(text)
    if (sync.rules.protects?.(fields) === true) there.kept.add(text)
    if (!owns(fields, sync)) there.foreign.add(text)
  }
  return there
}

function changesOf({ on, before, after, because }: Turn, sync: Sync, there: There): ForecastChange[] {
  const { rules, target } = sync
  const key = keyReader(rules, target.types).ofText(after.key).text
  const from = recordIn(before, key, sync, there)
  if (from !== undefined) {
    there.keys.add(key)
    if (rules.takesOver === true) there.foreign.delete(key)
  }
  const to = recordIn(after, key, sync, there) ?? retired(after, key, sync, there)
  if (to === undefined) return []
  const named = nameOf({ ...from, ...to }, sync)
  return Object.keys(to).flatMap((field) => {
    const type = target.types[field]
    if (same(type, from?.[field], to[field])) return []
    return [{ key, ...named, on, field, from: normalise(type, from?.[field]), to: normalise(type, to[field]), because }]
  })
}

/** The record that there is, or would be created; one that a rule holds is none. */
function recordIn(said: Said, key: string, { rules }: Sync, { keys }: There): Fields | undefined {
  if (said.kind !== 'record') return undefined
  return keys.has(key) || rules.holds?.(said.fields) === undefined ? said.fields : undefined
}

/** What a record becomes that nobody desires any more. */
function retired(said: Said, key: string, { rules }: Sync, { keys, kept, foreign }: There): Fields | undefined {
  if (said.kind !== 'absent' || !keys.has(key) || kept.has(key) || foreign.has(key)) return undefined
  const retires = rules.retireFor?.includes(said.reason) !== false
  return retires && typeof rules.retire === 'object' ? rules.retire : undefined
}
