import { ZdsError } from '../errors.ts'
import { NAME } from '../field-types.ts'
import { keyReader, type KeyReader } from '../keys.ts'
import { decide, owns, type Pair, type Sides, type RecordVerdict } from './decide.ts'
import { watchGuards } from './guards.ts'
import { joinByKey } from './join.ts'
import { packer } from '../many.ts'
import { fates } from './names.ts'
import { byOp, inOrder, type Change, type Notice, type Skip, type SyncPlan } from '../plan/plan.ts'
import type { Desired, Existing, Fields, Sync } from '../types.ts'

/** How the keys of both sides of a sync are read. */
const keysOf = ({ rules, target }: Sync): KeyReader => keyReader(rules, target.types)

/** The key of a record of the target; empty where it has none, or one that can be none. */
export const keyIn = (sync: Sync, { fields }: Existing): string => keysOf(sync).ofFields(fields).text

/**
 * What a processor says, by keys that the target takes for the same. A record whose key can be none
 * is skipped. Throws ROW_INVALID for one that has none.
 */
export async function* foldKeys(rows: AsyncIterable<Desired>, sync: Sync): AsyncIterable<Desired> {
  const keys = keysOf(sync)
  for await (const row of rows) {
    const { raw, text } = keys.ofText(row.key)
    if (text !== '') yield row.kind === 'notice' ? row : { ...row, key: text }
    else if (row.kind !== 'record') yield row
    else if (raw !== '') yield { kind: 'skip', key: raw, reason: 'key-invalid', ...nameOf(row.fields, sync) }
    else {
      throw new ZdsError('ROW_INVALID', `${sync.desired.name}: a desired record has no key`, {
        hint: 'Look at the processor or the rows it comes from. A key of several fields is made with keyOf(a, b).',
      })
    }
  }
}

/**
 * Pure: the changes that make `existing` look like `desired`, and why anything else is left alone;
 * `prepare` adds what the reasons mean.
 */
export async function compare(name: string, sync: Sync, sides: Sides): Promise<SyncPlan> {
  const { rules, target } = sync
  const changes = byOp(() => packer<Change>())
  const skipped: Skip[] = []
  const notices: Notice[] = []
  const counts = { existing: 0, desired: 0, inSync: 0 }
  const guards = watchGuards(rules.guards)
  const found = { withoutKey: 0, joined: 0 }
  const keys = keysOf(sync)

  const pairs = joinByKey(
    sides.desired,
    ({ key }) => key,
    sides.existing,
    ({ fields }) => keys.ofFields(fields).text,
  )
  for await (const { key, left, right } of pairs) {
    await sides.names.ready()
    for (const row of left) {
      if (row.kind === 'notice') notices.push({ code: row.code, key, message: row.message })
      if (row.kind === 'skip') skipped.push(...leaves(key, row, right))
    }
    if (right.length > 0 || left.some(({ kind }) => kind === 'record' || kind === 'skip')) guards.see(key)
    const pair = { key, desired: left, existing: right }
    const records = left.filter(({ kind }) => kind === 'record').length
    counts.desired += records
    const ours = right.filter(({ fields }) => records > 0 || owns(fields, sync)).length
    counts.existing += ours
    if (key === '') found.withoutKey = ours
    else if (right.length > 0) found.joined += records
    const told = key === '' ? keyless(right, keys, sync, sides) : verdicts(pair, name, sync, sides)
    if (records > 0 && told.some(({ change, skip }) => change === undefined && skip === undefined)) counts.inSync += 1
    for (const { change, skip } of told) {
      if (change !== undefined) changes[change.op].add({ ...change, ...nameOf(fieldsOf(pair), sync) })
      if (skip !== undefined) skipped.push(describe(key, skip, sync))
    }
  }
  refuseKeyless(name, sync, { ...counts, ...found })
  const ordered = inOrder(byOp((op) => changes[op].rows()))
  notices.push(...guards.notices())
  const { instance, resource } = target
  const held = fates(skipped, ordered, rules)
  return {
    name,
    instance,
    resource,
    ...counts,
    complete: sides.complete,
    changes: ordered,
    skipped: held.skipped,
    words: {},
    notices: [...held.notices, ...notices],
    excesses: [],
  }
}

type LeftRow = Extract<Desired, { readonly kind: 'skip' }>

/** Each record with a key is left for the reason that is said of the key. */
function leaves(key: string, { reason, name }: LeftRow, existing: readonly Existing[]): Skip[] {
  const left = { key, reason, ...(name !== undefined && { name }) }
  return existing.length === 0 ? [left] : existing.map(({ id }) => ({ ...left, id }))
}

/** One verdict for a key that is clear; one for each record of a key that is not. */
function verdicts(pair: Pair, name: string, sync: Sync, sides: Sides): RecordVerdict[] {
  const { key, desired, existing } = pair
  const records = desired.filter((row) => row.kind === 'record')
  const speaks = desired.some(({ kind }) => kind === 'record' || kind === 'skip')
  const each = (reason: string, rows = existing): RecordVerdict[] => rows.map((of) => ({ skip: { reason, of } }))
  if (sides.yielded.has(key)) {
    const ours = existing.filter(({ fields }) => owns(fields, sync))
    return each('not-owned', ours)
  }
  if (existing.length > 1)
    return speaks || existing.some((row) => answersFor(row, sync, sides)) ? each('duplicate-key') : []
  if (records.length > 1) return records.map(({ fields }) => ({ skip: { reason: 'duplicate-key', of: { fields } } }))
  return [decide(pair, name, sync, sides)]
}

/** What nobody touches is reported by the sync that owns it, or by all where none does (AMB-16). */
const answersFor = ({ fields }: Existing, sync: Sync, sides: Sides): boolean =>
  owns(fields, sync) || !sides.ownedElsewhere(fields)

/** Whose a record without a key is, nobody knows. */
function keyless(existing: readonly Existing[], keys: KeyReader, sync: Sync, sides: Sides): RecordVerdict[] {
  return existing
    .filter((row) => answersFor(row, sync, sides))
    .map((of) => {
      const { raw } = keys.ofFields(of.fields)
      return { skip: { key: raw, reason: raw === '' ? 'no-key' : 'key-invalid', of } }
    })
}

/** From this many records on, most of them without a key may mean a wrong key. */
const ENOUGH = 10

type FoundRecords = Record<'existing' | 'desired' | 'withoutKey' | 'joined', number>

/**
 * Records that nobody can recognise are created once more in each run. Where most of those that are
 * desired are recognised all the same, the others are somebody else's.
 */
function refuseKeyless(name: string, { rules, target }: Sync, found: FoundRecords): void {
  const { existing, desired, withoutKey, joined } = found
  if (existing < ENOUGH || withoutKey * 2 <= existing || joined * 2 >= desired) return
  const key = [rules.key].flat().join(' and ')
  const message = `${name}: ${withoutKey} of ${existing} ${target.resource} have no usable ${key}, and ${desired - joined} of ${desired} that are desired meet none`
  throw new ZdsError('KEYS_MISSING', message, {
    hint: 'They would be created once more in each run. Check key and fold of the sync; records of others are left out by owns.',
  })
}

function describe(key: string, skip: NonNullable<RecordVerdict['skip']>, sync: Sync): Skip {
  const { reason, of, heldBy, change } = skip
  return {
    key: skip.key ?? key,
    reason,
    ...(of.id !== undefined && { id: of.id }),
    ...nameOf(of.fields, sync),
    ...(heldBy && { heldBy }),
    ...(change && { change: { ...change, ...nameOf(of.fields, sync) } }),
  }
}

/** The fields of a record as it is, or as it should be created. */
const fieldsOf = ({ desired, existing: [found] }: Pair): Fields =>
  found?.fields ?? desired.find((row) => row.kind === 'record')?.fields ?? {}

/** What people call a record: the name that is unique, or else its first field that is a name. */
export function nameOf(fields: Fields, { rules, target: { types } }: Sync): { readonly name?: string } {
  const field = rules.unique ?? Object.entries(types).find(([, type]) => type.name === NAME.name)?.[0]
  const name = field === undefined ? undefined : fields[field]
  return typeof name === 'string' && name !== '' ? { name } : {}
}
