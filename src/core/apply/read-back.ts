import { same } from '../field-types.ts'
import type { Outcome } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import { present } from './current.ts'
import type { Run, Target } from '../types.ts'

/** Records that were written, by the id that the target gave. */
export type Written = { readonly change: Change; readonly id: string }

/** At least this many are read back, or all. */
const LEAST = 10

/**
 * Reads a sample of written records back, evenly spread, and tells of each that is not as it was
 * written: an answer of success is not proof. `share` of them, 0.01 being 1 %; 0 reads none.
 */
export async function* readBack(
  written: readonly Written[],
  share: number,
  target: Target,
  run: Run,
): AsyncIterable<Outcome> {
  const size = share === 0 ? 0 : Math.min(written.length, Math.max(LEAST, Math.ceil(written.length * share)))
  const places = (until: number): number => Math.floor((until * size) / written.length)
  const sample = written.filter((_, index) => places(index + 1) > places(index))
  for await (const { item, now: found } of present(sample, ({ id }) => id, target, run)) {
    const { key, fields } = item.change
    const differing = Object.entries(fields).filter(
      ([field, { to }]) => !same(target.types[field], found?.fields[field], to),
    )
    if (found !== undefined && differing.length === 0) continue
    const names = differing.map(([field]) => field).join(', ')
    const message =
      found === undefined ? 'Read back, the record is gone' : `Read back, it is not as it was written: ${names}`
    yield { key, status: 'failed', code: 'read-back-differs', message }
  }
}
