import type { Json } from '../json.ts'
import type { Change, Excess, Op } from './plan.ts'

/**
 * How much may happen unasked: a share of the existing records (0.05 is 5 %), a number of records,
 * or both.
 */
export type Bound = number | { readonly share?: number; readonly count?: number }

/** How often one field may change. */
export type FieldLimit = {
  readonly count: number
  /**
   * Values from the highest down: then only falls count. A value that is not in it is below all
   * others.
   */
  readonly order?: readonly Json[]
}

/** What of a plan needs no approval (SAFE-01). */
export type Limits = {
  /** Default: none. */
  readonly create?: Bound
  /** Default: 30 % of the existing records. */
  readonly update?: Bound
  /** Default: 5 % of the existing records. */
  readonly retire?: Bound
  /** Below this many existing records, shares say nothing and are not checked. Default 10. */
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
 * run that was carried out.
 */
export type Measured = {
  readonly changes: readonly Change[]
  readonly existing: number
  readonly desired: number
  readonly before?: number
}

const UPDATE = 0.3
const RETIRE = 0.05
const FLOOR = 10
const DROP = 0.2
const EXAMPLES = 5

/** Why a plan needs an approval; empty when it needs none. */
export function excesses(measured: Measured, limits: Limits = {}): Excess[] {
  const { create, update = UPDATE, retire = RETIRE, fields = {} } = limits
  return [
    ...(create === undefined ? [] : beyond('create', create, measured, limits)),
    ...beyond('update', update, measured, limits),
    ...beyond('retire', retire, measured, limits),
    ...Object.entries(fields).flatMap(([field, limit]) => fieldBeyond(field, limit, measured)),
    ...dropped(measured, limits),
  ]
}

function beyond(op: Op, bound: Bound, { changes, existing }: Measured, { floor = FLOOR }: Limits): Excess[] {
  const some = changes.filter((change) => change.op === op)
  const { share, count: most } = typeof bound === 'number' ? { share: bound } : bound
  const common = { op, count: some.length, existing, examples: keysOf(some) }
  const is = `${some.length} of ${existing} records would be ${op}d`
  const found: Excess[] = []
  if (share !== undefined && existing >= floor && some.length / existing > share) {
    found.push({
      ...common,
      limit: share,
      message: `${is} (${percent(some.length / existing)}), the limit is ${percent(share)}`,
    })
  }
  if (most !== undefined && some.length > most)
    found.push({ ...common, limit: most, message: `${is}, the limit is ${most}` })
  return found
}

function fieldBeyond(field: string, { count: most, order }: FieldLimit, { changes, existing }: Measured): Excess[] {
  const rank = (value: Json): number => {
    const at = order?.indexOf(value) ?? 0
    return at === -1 ? Number.POSITIVE_INFINITY : at
  }
  const some = changes.filter(({ op, fields }) => {
    const change = fields[field]
    return op !== 'create' && change !== undefined && (order === undefined || rank(change.to) > rank(change.from))
  })
  if (some.length <= most) return []
  const message = `${field} would ${order === undefined ? 'change' : 'fall'} on ${some.length} records, the limit is ${most}`
  return [{ op: 'field', field, count: some.length, existing, limit: most, message, examples: keysOf(some) }]
}

function dropped({ desired, existing, before }: Measured, { drop = DROP, floor = FLOOR }: Limits): Excess[] {
  if (before === undefined || before < floor || (before - desired) / before <= drop) return []
  const share = percent((before - desired) / before)
  const message = `${desired} records are desired, ${share} fewer than the ${before} of the last run; the limit is ${percent(drop)}`
  return [{ op: 'drop', count: before - desired, existing, limit: drop, message, examples: [] }]
}

const keysOf = (changes: readonly Change[]): string[] => changes.slice(0, EXAMPLES).map(({ key }) => key)

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`
}
