import { diff } from 'json-diff-ts'
import { ZdsError } from '../errors.ts'
import { misfit, normalise, same, type FieldTypes } from '../field-types.ts'
import { canonical, parseJson, type Json } from '../json.ts'
import { keyReader } from '../keys.ts'
import { opOf } from '../plan/limits.ts'
import type { Change, FieldChange, Holder } from '../plan/plan.ts'
import type { Names } from './names.ts'
import type { Desired, Existing, Fields, Sync } from '../types.ts'

/** What a comparison reads. Both streams are ordered by key. */
export type Sides = {
  readonly desired: AsyncIterable<Desired>
  readonly existing: AsyncIterable<Existing>
  readonly names: Names
  /** Keys that another sync desires (AMB-19), or leaves as they are. */
  readonly yielded: ReadonlySet<string>
  /** Whether another sync answers for this record of the target. */
  ownedElsewhere(existing: Fields): boolean
  /** Whether each side was proved to have been read completely (SAFE-02). */
  readonly complete: { readonly desired: boolean; readonly existing: boolean }
  /** Nothing is desired, although all was read: a person may say that this is right (SAFE-13). */
  readonly empty?: boolean
}

/** All that is known of one key. */
export type Pair = {
  readonly key: string
  readonly desired: readonly Desired[]
  readonly existing: readonly Existing[]
}

/**
 * What follows from one key: a change, a reason why there is none (or not all of it), or nothing
 * because all is well.
 */
export type RecordVerdict = {
  readonly change?: Change
  readonly skip?: {
    /** Another key than the one of the verdict: one that can be none. */
    readonly key?: string
    readonly reason: string
    readonly of: { readonly id?: string; readonly fields: Fields }
    readonly heldBy?: Holder
    readonly change?: Change
  }
}

type DesiredRecord = Extract<Desired, { kind: 'record' }>

/** Whether a record of the target is this sync's. */
export const owns = (existing: Fields, { rules }: Sync): boolean => rules.owns?.(existing) ?? true

/** Decides a key with at most one desired and one existing record. */
export function decide(
  { key, desired, existing: [found] }: Pair,
  name: string,
  sync: Sync,
  sides: Sides,
): RecordVerdict {
  const record = desired.find((row) => row.kind === 'record')
  // What a processor skips without a record of its own is told by the comparison; here nothing
  // follows from it.
  if (record === undefined && desired.some((row) => row.kind === 'skip')) return {}
  if (record === undefined) {
    const reason = desired.find((row) => row.kind === 'absent')?.reason ?? 'gone'
    return found === undefined ? {} : unwanted(key, found, reason, sync, sides)
  }
  checkTypes(name, key, record.fields, sync.target.types)
  return found === undefined ? creation(key, record, sync, sides) : revision(key, record.fields, found, sync, sides)
}

/** Nobody desires it: retire it, if it is ours, not retired yet, and nothing speaks against it. */
function unwanted(key: string, found: Existing, reason: string, sync: Sync, sides: Sides): RecordVerdict {
  const { rules, target } = sync
  if (!owns(found.fields, sync))
    return sides.ownedElsewhere(found.fields) ? {} : { skip: { reason: 'not-owned', of: found } }
  const fields =
    rules.retire === 'remove'
      ? removal(found.fields)
      : rules.retire && difference(found.fields, rules.retire, target.types)
  if (fields === undefined) return {}
  if (rules.protects?.(found.fields) === true) return { skip: { reason: 'protected', of: found } }
  if (rules.retireFor?.includes(reason) === false) return { skip: { reason: 'kept-by-rule', of: found } }
  const change: Change = { op: rules.retire === 'remove' ? 'remove' : 'retire', key, ...seen(found), fields, reason }
  if (sides.complete.desired && sides.complete.existing) return { change }
  const held = sides.empty === true && sides.complete.existing ? { change } : {}
  return { skip: { reason: 'incomplete-listing', of: found, ...held } }
}

/** What a removal takes away. */
export function removal(fields: Fields): Record<string, FieldChange> {
  const held = Object.entries(fields).filter(([, value]) => value !== null)
  return Object.fromEntries(held.map(([field, from]) => [field, { from, to: null }]))
}

/** The record that a change is of, as it was seen. */
const seen = ({ id, version }: Existing): Pick<Change, 'id' | 'version'> => ({
  id,
  ...(version !== undefined && { version }),
})

/** There is no such record yet: create it, unless a rule holds it or its name is taken (AMB-20). */
function creation(
  key: string,
  { fields: record, along }: DesiredRecord,
  { rules, target }: Sync,
  sides: Sides,
): RecordVerdict {
  const held = rules.holds?.(record)
  if (held !== undefined) return { skip: { reason: held, of: { fields: record } } }
  const heldBy = rules.unique === undefined ? undefined : sides.names.holder(record[rules.unique] ?? null, { key })
  if (heldBy !== undefined) return { skip: { reason: 'name-taken', of: { fields: record }, heldBy } }
  if (!sides.complete.existing) return { skip: { reason: 'incomplete-listing', of: { fields: record } } }
  const set = Object.keys(record).filter((field) => normalise(target.types[field], record[field]) !== null)
  return { change: { op: 'create', key, fields: described(set, {}, record), ...(along !== undefined && { along }) } }
}

/**
 * Both are there: what differs is written, but for a name that another record has. An empty field
 * to adopt is no reason of its own (SAFE-05), nor is another spelling of the key (SAFE-10).
 */
function revision(key: string, record: Fields, found: Existing, sync: Sync, sides: Sides): RecordVerdict {
  const { rules, target } = sync
  if (rules.takesOver !== true && !owns(found.fields, sync)) return { skip: { reason: 'not-owned', of: found } }
  const { adopt = [], unique } = rules
  const respelt = spellings(key, record, found, sync)
  const managed = (field: string): boolean => !adopt.includes(field) && !(field in respelt)
  const fields = { ...difference(found.fields, record, target.types, managed) }
  const renamed = unique === undefined ? undefined : fields[unique]
  const heldBy = renamed && sides.names.holder(renamed.to, { key, id: found.id, current: renamed.from })
  if (heldBy !== undefined && unique !== undefined) delete fields[unique]
  const skip = heldBy && { skip: { reason: 'name-taken', of: found, heldBy } }
  if (Object.keys(fields).length === 0) return { ...skip }
  if (opOf({ op: 'update', fields }, rules.retire) === 'retire' && rules.protects?.(found.fields) === true)
    return { skip: { reason: 'protected', of: found } }
  for (const field of adopt) {
    const to = record[field] ?? null
    if (to !== null && (found.fields[field] ?? null) === null) fields[field] = { from: null, to }
  }
  return { change: { op: 'update', key, ...seen(found), fields: { ...fields, ...respelt } }, ...skip }
}

/** The fields of the key that are spelt otherwise on either side, and mean the same record. */
function spellings(key: string, record: Fields, found: Existing, { rules, target }: Sync): Change['fields'] {
  if (keyReader(rules, target.types).ofFields(record).text !== key) return {}
  const names = [rules.key].flat().filter((field) => rules.adopt?.includes(field) !== true)
  const spelt = Object.fromEntries(names.map((field) => [field, record[field] ?? null]))
  return difference(found.fields, spelt, target.types) ?? {}
}

/**
 * Only the fields that `to` names are managed, and of these the ones that count; the rest of `from`
 * is nobody's business. Undefined when all of them are the same.
 */
function difference(
  from: Fields,
  to: Fields,
  types: FieldTypes,
  counts: (field: string) => boolean = () => true,
): Record<string, FieldChange> | undefined {
  const names = Object.keys(to).filter((field) => !same(types[field], from[field], to[field]) && counts(field))
  return names.length === 0 ? undefined : described(names, from, to)
}

/** What becomes of these fields. */
function described(names: readonly string[], from: Fields, to: Fields): Record<string, FieldChange> {
  // As text, a value is one thing to json-diff-ts, whatever it is made of: a change inside of one
  // is a change of the field.
  const pick = (side: Fields): Record<string, string> =>
    Object.fromEntries(names.map((field) => [field, canonical(side[field] ?? null)]))
  const valueOf = (written: unknown): Json => parseJson(String(written)) ?? null
  const changes = diff(pick(from), pick(to))
  return Object.fromEntries(
    changes.map(({ key, value, oldValue }) => [key, { from: valueOf(oldValue), to: valueOf(value) }]),
  )
}

function checkTypes(sync: string, key: string, record: Fields, types: FieldTypes): void {
  for (const [field, value] of Object.entries(record)) {
    const type = types[field]
    const problem = type === undefined ? 'is not a field of the target' : misfit(type, value)
    if (problem === undefined) continue
    throw new ZdsError('ROW_INVALID', `${sync} ${key}: ${field} ${problem}, not ${JSON.stringify(value)}`, {
      hint: 'Correct it where it comes from, or give the field of the configuration a derivation that does.',
    })
  }
}
