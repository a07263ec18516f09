import type { Json, JsonObject } from '../json.ts'
import { keyOf, keyReader, type Fold } from '../keys.ts'
import type { ColumnOf } from '../known.ts'
import { planSource } from './plan-source.ts'
import type { Fields, Run, Source, Sync, Target } from '../types.ts'

/** Keys to ask a source for, and the sources that they come from. */
export type Keys = { readonly needs: readonly Source[]; read(run: Run): AsyncIterable<string> }

/**
 * The keys of a target's records that none of `rows` has: what to look up to know why nobody
 * desires them (AMB-17). `of` may leave out records that nobody asks about.
 */
export function unmatchedKeys(asked: {
  readonly target: Target
  /** The field of the target that holds the key. */
  readonly field: string
  readonly rows: Source<JsonObject>
  /** The column of the rows that holds the key. */
  readonly column: ColumnOf<Json>
  /** As in the rules of the sync. */
  readonly fold?: Fold
  of?(existing: Fields): boolean
}): Keys {
  const { target, field, rows, column, fold } = asked
  const keys = keyReader({ key: field, fold }, target.types)
  return {
    needs: [target, rows],
    read: async function* (run) {
      const known = new Set<string>()
      for await (const row of run.input(rows)) known.add(keys.ofText(keyOf(row[column] ?? null)).text)
      for await (const { fields } of run.input(target)) {
        const { text } = keys.ofFields(fields)
        if (text !== '' && !known.has(text) && (asked.of?.(fields) ?? true)) yield text
      }
    },
  }
}

/**
 * The keys of all records that a sync's target will hold once the sync is applied: those that are
 * there, those it will create, and those it would create if no other record had their name (AMB-20)
 * or what else is a record's alone: that other one may well be theirs.
 */
export function keysAfter(sync: Sync): Keys {
  const { words = {} } = sync.target
  const plan = planSource(sync)
  const keys = keyReader(sync.rules, sync.target.types)
  return {
    needs: [sync.target, plan],
    read: async function* (run) {
      for await (const { fields } of run.input(sync.target)) {
        const { text } = keys.ofFields(fields)
        if (text !== '') yield text
      }
      for await (const part of run.input(plan)) {
        if (!('op' in part)) {
          for (const { key, reason, heldBy } of part.skipped)
            if (heldBy !== undefined || Object.hasOwn(words, reason)) yield key
        } else if (part.op === 'create') yield part.key
      }
    },
  }
}
