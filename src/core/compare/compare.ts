import { ZdsError } from '../errors.ts'
import { decide, owned, type Pair, type Sides, type Verdict } from './decide.ts'
import { watchGuards } from './guards.ts'
import { joinByKey } from './join.ts'
import { fates } from './names.ts'
import { excesses } from '../plan/limits.ts'
import { OPS, type Change, type Notice, type Skip, type SkipReason, type SyncPlan } from '../plan/plan.ts'
import type { Existing, Sync } from '../types.ts'

/** The key of a row of the target; empty where it has none. */
export function keyOf({ rules }: Sync, { fields }: Existing): string {
  const key = fields[rules.key]
  return typeof key === 'string' ? key : ''
}

/**
 * Pure: the changes that make `existing` look like `desired`, and why anything else is left alone.
 */
export async function compare(name: string, sync: Sync, sides: Sides): Promise<SyncPlan> {
  const { rules, target } = sync
  const changes: Change[] = []
  const skipped: Skip[] = []
  const notices: Notice[] = []
  const counts = { existing: 0, desired: 0 }
  const guards = watchGuards(rules.guards)

  const pairs = joinByKey(
    sides.desired,
    ({ key }) => key,
    sides.existing,
    (row) => keyOf(sync, row),
  )
  for await (const { key, left, right } of pairs) {
    for (const row of left) {
      if (row.kind === 'notice') notices.push({ code: row.code, key, message: row.message })
      if (row.kind === 'skip')
        skipped.push({
          key,
          reason: row.reason,
          ...(right[0] && { id: right[0].id }),
          ...(row.name !== undefined && { name: row.name }),
        })
    }
    if (right.length > 0 || left.some(({ kind }) => kind === 'record' || kind === 'skip')) guards.see(key)
    const pair = { key, desired: left, existing: right }
    const records = left.filter(({ kind }) => kind === 'record').length
    counts.desired += records
    counts.existing += right.filter(({ fields }) => records > 0 || owned(fields, sync)).length
    for (const { change, skip } of verdicts(pair, name, sync, sides)) {
      if (change !== undefined) changes.push(change)
      if (skip !== undefined) skipped.push(describe(key, skip, rules.unique))
    }
  }
  const ordered = changes.toSorted((a, b) => OPS.indexOf(a.op) - OPS.indexOf(b.op))
  notices.push(...guards.notices())
  const { instance, resource } = target
  const named = fates(skipped, ordered, rules)
  return limited(
    {
      name,
      instance,
      resource,
      ...counts,
      complete: sides.complete,
      changes: ordered,
      skipped: named.skipped,
      notices: [...named.notices, ...notices],
      excesses: [],
    },
    sync,
  )
}

/**
 * The plan with what of it goes beyond the limits of its sync; `before` is the number of desired
 * records of the last run that was carried out.
 */
export function limited(plan: SyncPlan, { limits, rules }: Pick<Sync, 'limits' | 'rules'>, before?: number): SyncPlan {
  return { ...plan, excesses: excesses({ ...plan, before, adopt: rules.adopt }, limits) }
}

/** One verdict for a key that is clear; one for each record of a key that is not. */
function verdicts(pair: Pair, name: string, sync: Sync, sides: Sides): Verdict[] {
  const { key, desired, existing } = pair
  const records = desired.filter((row) => row.kind === 'record')
  const each = (reason: SkipReason): Verdict[] => existing.map((of) => ({ skip: { reason, of } }))
  if (key === '') return keyless(name, pair, sync, sides)
  if (sides.yielded.has(key))
    return each('not-owned').filter(({ skip }) => skip !== undefined && owned(skip.of.fields, sync))
  if (existing.length > 1) return each('duplicate-key')
  if (records.length > 1) return records.map(({ fields }) => ({ skip: { reason: 'duplicate-key', of: { fields } } }))
  return [decide(pair, name, sync, sides)]
}

/**
 * Whose a record without a key is, nobody knows: it is reported by the sync that owns it, or by all
 * where none does (AMB-16).
 */
function keyless(name: string, { desired, existing }: Pair, sync: Sync, sides: Sides): Verdict[] {
  if (desired.some(({ kind }) => kind === 'record')) {
    throw new ZdsError('ROW_INVALID', `${name}: a desired record has no key`, {
      hint: 'Look at the processor or the rows it comes from.',
    })
  }
  const mine = existing.filter(({ fields }) => owned(fields, sync) || !sides.ownedElsewhere(fields))
  return mine.map((of) => ({ skip: { reason: 'no-key', of } }))
}

function describe(key: string, skip: NonNullable<Verdict['skip']>, unique: string | undefined): Skip {
  const { reason, of, heldBy, change } = skip
  const called = unique === undefined ? undefined : of.fields[unique]
  return {
    key,
    reason,
    ...(of.id !== undefined && { id: of.id }),
    ...(typeof called === 'string' && { name: called }),
    ...(heldBy && { heldBy }),
    ...(change && { change }),
  }
}
