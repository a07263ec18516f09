import { chunk } from '../streams.ts'
import type { Existing, Run, Target } from '../types.ts'

/**
 * Items with the records that they speak of as they are now, by id, a hundred to a request; a
 * record that is gone is not among them.
 */
export async function* present<Item>(
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
