import { canonical, type Json } from '../json.ts'
import { byOp, count, OPS, type Allowed, type Because, type Bounds, type Change, type Excess } from './plan.ts'
import type { FieldChange, Op, Order, SyncPlan } from './plan.ts'

/**
 * How much may happen unasked: a share of the existing records (0.05 is 5 %), but always `least`
 * records; a number of records; or both.
 */
export type Bound = number | Measure
type Measure = { readonly share?: number; readonly least?: number; readonly count?: number }

/** How often one field may change. */
export type FieldLimit = Measure & {
  /** Then only falls count. A value that is not in it, or no date, is below all others. */
  readonly order?: Order
}

/** What of a plan needs no approval (SAFE-01, SAFE-12). */
export type Limits = {
  /** Default: 10 % of the existing records, and always 25. */
  readonly create?: Bound
  /** Creates have no limit until a run of this sync was carried out: for a new instance. */
  readonly firstRun?: boolean
  /** Default: 30 % of the existing records. */
  readonly update?: Bound
  /** Default: 5 % of the existing records; below the floor half of them, and always one. */
  readonly retire?: Bound
  /** Default: that of `retire`. */
  readonly remove?: Bound
  /** Below this many existing records, a share without `least` is not checked, but for 0. Default 10. */
  readonly floor?: number
  /**
   * The share by which the desired records may have become fewer since the last run that was
   * carried out. Default 20 %.
   */
  readonly drop?: number
  readonly fields?: { readonly [field: string]: FieldLimit }
}

/**
 * The numbers that limits are held against; `before` is the number of desired records of the last
 * run that was carried out, `adopt` the fields that are no reason of their own (SAFE-05), `retire`
 * what a record looks like that nobody desires.
 */
export type MeasuredSync = Pick<SyncPlan, 'name' | 'changes' | 'existing' | 'desired'> & {
  readonly before?: number | undefined
  readonly adopt?: readonly string[] | undefined
  readonly retire?: { readonly [field: string]: Json } | 'remove' | undefined
}

const CREATE = { share: 0.1, least: 25 }
const UPDATE = 0.3
const RETIRE = 0.05
const FEW = { share: 0.5, least: 1 }
const FLOOR = 10
const DROP = 0.2
const EXAMPLES = 5

/**
 * Why a plan needs an approval; empty when it needs none. What its changes tell is not asked
 * elsewhere: what makes a record look retired retires it, and who changes many has many.
 */
export function excesses(measured: MeasuredSync, limits: Limits = {}): Excess[] {
  const { fields, ...bounds } = boundsOf(measured, limits)
  const sums = sumsOf(measured, fields)
  return [
    ...OPS.flatMap((op) => beyond(op, bounds[op], sums, measured)),
    ...Object.entries(fields).flatMap(([field, bound]) => fieldBeyond(field, bound, sums.fields.get(field), measured)),
    ...dropped(measured, limits),
  ]
}

/** Of some changes how many there are, and the keys of the first. */
type Sum = { count: number; readonly examples: string[] }

/** What limits are held against, from one look at each change. */
type Sums = {
  readonly ops: { readonly [op in Op]: Sum }
  readonly fields: ReadonlyMap<string, Sum>
  /** The sets of fields that updates are made for, by their names. */
  readonly causes: ReadonlyMap<string, { readonly fields: readonly string[]; count: number }>
}

const noSum = (): Sum => ({ count: 0, examples: [] })

function addTo(sum: Sum, key: string): void {
  sum.count += 1
  if (sum.examples.length < EXAMPLES) sum.examples.push(key)
}

function sumsOf({ changes, retire, adopt = [] }: MeasuredSync, bounds: Bounds['fields']): Sums {
  const ops = byOp(noSum)
  const limited = Object.entries(bounds).map(([field, { order }]) => ({ field, order, sum: noSum() }))
  const causes = new Map<string, { readonly fields: readonly string[]; count: number }>()
  for (const each of changes) {
    const { key, fields } = each
    const op = opOf(each, retire)
    addTo(ops[op], key)
    for (const { field, order, sum } of op === 'create' ? [] : limited)
      if (isMove(fields[field], order)) addTo(sum, key)
    if (op !== 'update') continue
    const reasons = Object.keys(fields).filter((field) => !adopt.includes(field))
    const names = reasons.toSorted().join(', ')
    const cause = causes.get(names) ?? { fields: reasons, count: 0 }
    cause.count += 1
    causes.set(names, cause)
  }
  return { ops, causes, fields: new Map(limited.map(({ field, sum }) => [field, sum])) }
}

/** Whether a field changes; of one that has an order, whether it falls. */
const isMove = (change: FieldChange | undefined, order: Order | undefined): boolean =>
  change !== undefined && (order === undefined || fell(change, order))

/** What a change does: an update that gives a record all that a retirement would is one. */
export function opOf({ op, fields }: Pick<Change, 'op' | 'fields'>, look: MeasuredSync['retire'] = {}): Op {
  const marks = look === 'remove' ? [] : Object.entries(look)
  const all = marks.every(([field, value]) => canonical(fields[field]?.to ?? null) === canonical(value))
  // What is retired may be emptied: a field that is not written is no field that is.
  const some = marks.some(([field]) => field in fields)
  return op === 'update' && some && all ? 'retire' : op
}

/** What the limits come to for so many records. */
export function boundsOf(measured: MeasuredSync, limits: Limits = {}): Bounds {
  const { create = CREATE, firstRun, update = UPDATE, retire = RETIRE, remove = retire } = limits
  const { existing, before, changes } = measured
  const { floor: least = FLOOR } = limits
  const floor = changes.length - count({ changes }, 'create') < least ? least : 0
  const first = firstRun === true && before === undefined
  const few = (bound: Bound): Bound => (existing < floor && !isNone(bound) ? ofFew(bound) : bound)
  const bounds = { create: first ? {} : create, update, retire: few(retire), remove: few(remove) }
  const ofField = ([field, limit]: readonly [string, FieldLimit]) => {
    const { order } = limit
    return [field, { ...allowed(limit, existing, floor), ...(order && { order }) }] as const
  }
  const ofOps = OPS.map((op) => [op, allowed(bounds[op], existing, floor)] as const)
  return {
    ...Object.fromEntries(ofOps.filter(([, bound]) => bound !== undefined)),
    fields: Object.fromEntries(Object.entries(limits.fields ?? {}).map(ofField)),
  }
}

/** So many of the existing records a bound lets pass; undefined where it lets all. */
function allowed(bound: Bound, existing: number, floor: number): Allowed | undefined {
  const { share, least, count } = measureOf(bound)
  const checked = share !== undefined && (existing >= floor || least !== undefined || isNone(bound))
  // A product such as 0.29 * 100 is a little less than it should be.
  const shared = checked ? Math.max(Math.floor(share * existing + 1e-9), least ?? 0) : Number.POSITIVE_INFINITY
  const most = Math.min(shared, count ?? Number.POSITIVE_INFINITY)
  if (most === Number.POSITIVE_INFINITY) return undefined
  return { most, ...(checked && most === shared && most !== least && { share }) }
}

/** Whoever says none means none, of few records too. */
const isNone = (bound: Bound): boolean => measureOf(bound).share === 0

/** Of a few records a small share is none at all. */
function ofFew(retire: Bound): Bound {
  const { share = 1, ...more } = measureOf(retire)
  return { ...FEW, ...more, share: Math.max(share, FEW.share) }
}

const measureOf = (bound: Bound): Measure => (typeof bound === 'number' ? { share: bound } : bound)

function beyond(op: Op, bound: Allowed | undefined, { ops, causes }: Sums, { name, existing }: MeasuredSync): Excess[] {
  const some = ops[op]
  const because = op === 'update' ? causeIn(causes) : undefined
  const without = because === undefined ? '' : `; without ${because.fields.join(', ')} ${number(because.left)}`
  return tooMany(some, bound, existing).map(({ words, ...found }) => ({
    id: `${name}.${op}`,
    op,
    ...found,
    ...(because && { because }),
    message: `${number(some.count)} of ${number(existing)} records would be ${op}d${words}${without}`,
  }))
}

function fieldBeyond(
  field: string,
  bound: Bounds['fields'][string],
  some = noSum(),
  { name, existing }: MeasuredSync,
): Excess[] {
  const verb = bound.order === undefined ? 'change' : 'fall'
  return tooMany(some, bound, existing).map(({ words, ...found }) => ({
    id: `${name}.field.${field}`,
    op: 'field',
    field,
    ...found,
    message: `${field} would ${verb} on ${number(some.count)} of ${number(existing)} records${words}`,
  }))
}

/** Whether a value has become a lower one. */
export function fell({ from, to }: FieldChange, order: Order): boolean {
  if (order === 'dates') return day(to) < day(from)
  const rank = (value: Json): number => (order.includes(value) ? order.indexOf(value) : order.length)
  return rank(to) > rank(from)
}

/** As text, days are in their order; no date is before all of them. */
const day = (value: Json): string => (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? value : '')

/** What more records than a bound allows have in common: nothing where it allows them. */
function tooMany({ count: some, examples }: Sum, { most, share }: Partial<Allowed> = {}, existing: number) {
  if (most === undefined || some <= most) return []
  const told = share === undefined || existing === 0 ? '' : ` (${percent(some / existing)})`
  const words = `${told}, the limit is ${share === undefined ? number(most) : percent(share)}`
  return [{ count: some, existing, limit: share ?? most, words, examples }]
}

/** The fields in which most updates change a record; left are those that change any other one. */
function causeIn(causes: Sums['causes']): Because | undefined {
  const [most] = [...causes.values()].toSorted((a, b) => b.count - a.count)
  if (most === undefined) return undefined
  const others = causes.values().filter(({ fields }) => !fields.every((field) => most.fields.includes(field)))
  return { fields: most.fields, left: others.reduce((sum, { count: some }) => sum + some, 0) }
}

function dropped({ name, desired, existing, before }: MeasuredSync, { drop = DROP, floor = FLOOR }: Limits): Excess[] {
  if (before === undefined || before < floor || (before - desired) / before <= drop) return []
  const lost = before - desired
  const message = `${number(desired)} records are desired, ${percent(lost / before)} fewer than the ${number(before)} of the last run; the limit is ${percent(drop)}`
  return [{ id: `${name}.drop`, op: 'drop', count: lost, existing, limit: drop, message, examples: [] }]
}

const number = (value: number): string => value.toLocaleString('en')
const percent = (share: number): string => `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`
