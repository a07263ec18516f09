import { same, type FieldTypes } from '../field-types.ts'
import type { Outcome } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import { batches } from '../streams.ts'
import type { Existing, Run, Target } from '../types.ts'
import { EXISTING, fromTarget } from '../well-formed.ts'

/**
 * Items with the records that they speak of as they are now, by id, a hundred to a request; a
 * record that is gone is not among them.
 */
export async function* withRecords<Item>(
  items: Iterable<Item>,
  idOf: (item: Item) => string | undefined,
  target: Target,
  run: Run,
): AsyncIterable<{ readonly item: Item; readonly now: Existing | undefined }> {
  for (const some of batches(items, 100)) {
    const found = new Map<string | undefined, Existing>()
    const ids = some.flatMap((item) => idOf(item) ?? [])
    const records = fromTarget(target, 'refetches', target.refetch(ids, run), EXISTING)
    for await (const existing of records) found.set(existing.id, existing)
    for (const item of some) yield { item, now: found.get(idOf(item)) }
  }
}

/**
 * The fields in which a record is not as a change found it (`from`), or means it (`to`). One whose
 * type nobody knows is text.
 */
export function differingFields(
  { fields }: Pick<Change, 'fields'>,
  side: 'from' | 'to',
  now: Existing,
  types: FieldTypes,
): string[] {
  return Object.keys(fields).filter((field) => !same(types[field], now.fields[field], fields[field]?.[side]))
}

/** Why a record as it is now is not to be changed so, or undefined. */
export type Objection = (change: Change, now: Existing) => string | undefined

/**
 * Changes that are over before they are sent: their record no longer holds what the plan says it
 * held (a person, or another run, was there meanwhile), or `objection` says why not. What was sent
 * before (`wasSent`), and whose answer was lost, is done where it has come about late.
 */
export async function overBefore(
  changes: readonly Change[],
  target: Target,
  run: Run,
  wasSent: (change: Change) => boolean,
  objection: Objection = () => undefined,
): Promise<Outcome[]> {
  const over: Outcome[] = []
  for await (const { item, now } of withRecords(changes, ({ id }) => id, target, run)) {
    const { key } = item
    const late = now !== undefined && wasSent(item) && differingFields(item, 'to', now, target.types).length === 0
    const message = now === undefined ? 'The record is gone' : (objection(item, now) ?? moved(item, now, target.types))
    if (late) over.push({ key, status: 'done', id: now.id })
    else if (message !== undefined) over.push({ key, status: 'stale', code: 'changed-since-plan', message })
  }
  return over
}

function moved(change: Change, now: Existing, types: FieldTypes): string | undefined {
  const fields = differingFields(change, 'from', now, types)
  return fields.length === 0 ? undefined : `Changed since the plan was made: ${fields.join(', ')}`
}
