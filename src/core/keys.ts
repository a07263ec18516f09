import type { JsonObject } from './json.ts'
import type { Fields, Run, Source, Target } from './types.ts'

/** Keys to ask a source for, and the sources that they come from. */
export type Keys = { readonly needs: readonly Source[]; read(run: Run): AsyncIterable<string> }

/**
 * The keys of a target's records that none of `rows` has: what to look up to know why nobody desires them (AMB-17).
 * `of` may leave out records that nobody asks about.
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
