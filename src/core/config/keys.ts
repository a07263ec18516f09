import type { JsonObject } from '../json.ts'
import { planned } from './planned.ts'
import type { Fields, Run, Source, Sync, Target } from '../types.ts'

/** Keys to ask a source for, and the sources that they come from. */
export type Keys = { readonly needs: readonly Source[]; read(run: Run): AsyncIterable<string> }

/**
 * The keys of a target's records that none of `rows` has: what to look up to know why nobody
 * desires them (AMB-17). `of` may leave out records that nobody asks about.
 */
export function unmatched(asked: {
  readonly target: Target
  /** The field of the target that holds the key. */
  readonly field: string
  readonly rows: Source<JsonObject>
  /** The column of the rows that holds the key. */
  readonly column: string
  of?(existing: Fields): boolean
}): Keys {
  const { target, field, rows, column } = asked
  return {
    needs: [target, rows],
    read: async function* (run) {
      const known = new Set<unknown>()
      for await (const row of run.input(rows)) known.add(row[column])
      for await (const { fields } of run.input(target)) {
        const key = fields[field]
        if (typeof key === 'string' && !known.has(key) && (asked.of?.(fields) ?? true)) yield key
      }
    },
  }
}

/**
 * The keys of all records that a sync's target will hold once the sync is applied: those that are
 * there, and those it will create.
 */
export function keysAfter(sync: Sync): Keys {
  const plan = planned(sync)
  return {
    needs: [sync.target, plan],
    read: async function* (run) {
      for await (const { fields } of run.input(sync.target)) {
        const key = fields[sync.rules.key]
        if (typeof key === 'string') yield key
      }
      for await (const { changes } of run.input(plan)) for (const { op, key } of changes) if (op === 'create') yield key
    },
  }
}
