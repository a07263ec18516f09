import type { Json } from '../json.ts'
import type { Journal, RunRecord } from '../state/state.ts'
import { doneUnder } from '../outcome.ts'
import { isRef } from '../refs.ts'
import { changesOf, type PastChange, type PastRun } from '../run/history.ts'

/**
 * Is shown the changes of runs, the oldest first, and tells the fields of each whose value was not
 * the one that zds had left there: what somebody has edited meanwhile, and the change undoes.
 */
export function watchDrift(): (past: PastChange) => readonly string[] {
  const written = new Map<string, Json>()
  return ({ sync, change: { op, key, fields }, known }) => {
    const place = (field: string): string => JSON.stringify([sync, key, field])
    const drift = Object.entries(fields).flatMap(([field, { from }]) => {
      const last = written.get(place(field))
      // Of a record that was still to be created nobody wrote down which id it has got.
      return op !== 'create' && last !== undefined && !isRef(last) && JSON.stringify(last) !== JSON.stringify(from)
        ? [field]
        : []
    })
    if (doneUnder(known) !== undefined)
      for (const [field, { to }] of Object.entries(fields)) written.set(place(field), to)
    return drift
  }
}

/** A change of a run with its fields that somebody had edited. */
export type DriftedChange = PastChange & { readonly drift: readonly string[] }

/** The changes of a run with how far each has come, and what of it undoes the edit of somebody. */
export async function* driftedChangesOf(journal: Journal, past: PastRun): AsyncIterable<DriftedChange> {
  const drifted = watchDrift()
  for (const run of await before(past.run, journal)) {
    const plan = await journal.plan(run.id)
    if (plan === undefined) continue
    for await (const one of changesOf(journal, { run, plan })) drifted(one)
  }
  for await (const one of changesOf(journal, past)) yield { ...one, drift: drifted(one) }
}

/** What was written longer ago than so many runs is no drift any more: each plan is a file to read. */
const LOOKED_BACK = 50

/** The runs before one, the oldest first. */
async function before({ id }: RunRecord, journal: Journal): Promise<RunRecord[]> {
  const runs = await journal.runs()
  const at = runs.findIndex((run) => run.id === id)
  return runs.slice(at + 1, at + 1 + LOOKED_BACK).toReversed()
}
