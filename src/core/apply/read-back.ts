import type { Outcome } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import type { Existing, Run, Target } from '../types.ts'
import { differingFields, withRecords } from './current.ts'

/** A record that was written, by the id that the target gave. */
export type Written = { readonly key: string; readonly id: string }

/** At least this many are read back, or all. */
const LEAST = 10

/**
 * Reads a sample of written records back, evenly spread, and tells of each that is not as one of
 * `changes` means it: an answer of success is not proof. `share` of them, 0.01 being 1 %; 0 reads
 * none.
 */
export async function* readBack(
  written: readonly Written[],
  changes: Iterable<Change>,
  share: number,
  target: Target,
  run: Run,
): AsyncIterable<Outcome> {
  const size = share === 0 ? 0 : Math.min(written.length, Math.max(LEAST, Math.ceil(written.length * share)))
  const places = (until: number): number => Math.floor((until * size) / written.length)
  const sample = written.filter((_, index) => places(index + 1) > places(index))
  if (size === 0) return
  const ids = new Map(sample.map(({ key, id }) => [key, id]))
  const sampled = Iterator.from(changes).filter(({ key }) => ids.has(key))
  for await (const { item: change, now } of withRecords(sampled, ({ key }) => ids.get(key), target, run)) {
    const { key } = change
    const is = wrong(change, now, target)
    const id = ids.get(key)
    if (is !== undefined && id !== undefined)
      yield { key, status: 'failed', code: 'read-back-differs', message: `Read back, ${is}`, id }
  }
}

function wrong(change: Change, now: Existing | undefined, { types }: Target): string | undefined {
  if (change.op === 'remove') return now && 'the record is still there'
  if (now === undefined) return 'the record is gone'
  const fields = differingFields(change, 'to', now, types)
  return fields.length === 0 ? undefined : `it is not as it was written: ${fields.join(', ')}`
}
