import { doneUnder, type Known, type Outcome } from '../outcome.ts'
import type { Change } from '../plan/plan.ts'
import { isRef, type Ref } from '../refs.ts'

/** The id of a record that a sync of this run has created, or undefined. */
export type Created = (sync: string, key: string) => string | undefined

/** What syncs of a run have created, from how far their changes have come, by sync and key. */
export function createdIn(known: ReadonlyMap<string, ReadonlyMap<string, Known>>): Created {
  return (sync, key) => doneUnder(known.get(sync)?.get(key))
}

/**
 * The change with every ref replaced by the id it points at; an outcome of its own where one points
 * at nothing.
 */
export function bind(change: Change, created: Created): Change | Outcome {
  const fields = { ...change.fields }
  for (const [field, { from, to }] of Object.entries(change.fields)) {
    if (!isRef(to)) continue
    const id = created(to.ref.sync, to.ref.key)
    if (id === undefined) return dangling(change.key, field, to)
    fields[field] = { from, to: id }
  }
  return { ...change, fields }
}

function dangling(key: string, field: string, { ref: { sync, key: target } }: Ref): Outcome {
  return {
    key,
    status: 'unresolved',
    code: 'unresolved',
    message: `${field} refers to ${target} of ${sync}, which was not created`,
  }
}
