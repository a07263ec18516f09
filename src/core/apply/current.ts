import { same, type FieldTypes } from '../field-types.ts'
import type { Outcome } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import { chunk } from '../streams.ts'
import type { Existing, Run, Target } from '../types.ts'

/**
 * Items with the records that they speak of as they are now, by id, a hundred to a request; a
 * record that is gone is not among them.
 */
export async function* withRecords<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string | undefined,
  target: Target,
  run: Run,
): AsyncIterable<{ readonly item: Item; readonly now: Existing | undefined }> {
  for await (const some of chunk(items, 100)) {
    const found = new Map<string | undefined, Existing>()
    const ids = some.flatMap((item) => idOf(item) ?? [])
    for await (const existing of target.refetch(ids, run)) found.set(existing.id, existing)
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

/**
 * Changes whose record no longer holds what the plan says it held (a person, or another run, was
 * there meanwhile).
 */
export async function staleOf(changes: readonly Change[], target: Target, run: Run): Promise<Outcome[]> {
  const stale: Outcome[] = []
  for await (const { item, now } of withRecords(changes, ({ id }) => id, target, run)) {
    const moved = now && differingFields(item, 'from', now, target.types)
    if (moved?.length === 0) continue
    const message = moved === undefined ? 'The record is gone' : `Changed since the plan was made: ${moved.join(', ')}`
    stale.push({ key: item.key, status: 'stale', code: 'changed-since-plan', message })
  }
  return stale
}
