import { REFERENCE, type FieldTypes } from '../field-types.ts'
import { writtenUnder, type Known, type Outcome } from '../outcome.ts'
import type { Change, FieldChange } from '../plan/plan.ts'
import type { Ref } from '../refs.ts'

/** The id of a record that a sync of this run has created, or undefined. */
export type Created = (sync: string, key: string) => string | undefined

/** What syncs of a run have created, from how far their changes have come, by sync and key. */
export function createdIn(known: ReadonlyMap<string, ReadonlyMap<string, Known>>): Created {
  return (sync, key) => writtenUnder(known.get(sync)?.get(key))
}

/**
 * The change with every ref replaced by the id it points at, as the type of its field says; an
 * outcome of its own where one points at nothing.
 */
export function bind(change: Change, types: FieldTypes, created: Created): Change | Outcome {
  const fields: Record<string, FieldChange> = {}
  const nowhere: { readonly field: string; readonly ref: Ref }[] = []
  for (const [field, { from, to }] of Object.entries(change.fields)) {
    const idOf = (ref: Ref): string | null => {
      const id = created(ref.ref.sync, ref.ref.key)
      if (id === undefined) nowhere.push({ field, ref })
      return id ?? null
    }
    fields[field] = { from, to: (types[field] ?? REFERENCE).bind?.(to, idOf) ?? to }
  }
  const [first] = nowhere
  return first === undefined ? { ...change, fields } : dangling(change.key, first.field, first.ref)
}

function dangling(key: string, field: string, { ref: { sync, key: target } }: Ref): Outcome {
  return {
    key,
    status: 'unresolved',
    code: 'unresolved',
    message: `${field} refers to ${target} of ${sync}, which was not created`,
  }
}
