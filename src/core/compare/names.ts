import type { Json } from '../json.ts'
import type { Desired, Existing } from '../types.ts'

/**
 * Who has which value of a field that must be unique: by the value, trimmed and without case
 * (AMB-20).
 */
export interface Names {
  /**
   * Whether a record that does not have `value` yet would collide with another record of the target
   * or with another desired one.
   */
  taken(value: Json, own: { readonly key: string; readonly id?: string; readonly current?: Json }): boolean
}

/** `null` stands for several. */
type Holder = string | null

/** Reads every record of the target and every desired record of all syncs that write to it. */
export async function indexNames(
  field: string,
  existing: AsyncIterable<Existing>,
  desired: readonly AsyncIterable<Desired>[],
): Promise<Names> {
  const ids = new Map<string, Holder>()
  const keys = new Map<string, Holder>()
  for await (const { id, fields } of existing) add(ids, fold(fields[field]), id)
  for (const records of desired) {
    for await (const row of records) if (row.kind === 'record') add(keys, fold(row.fields[field]), row.key)
  }
  return {
    taken: (value, { key, id, current = null }) => {
      const wanted = fold(value)
      if (wanted === fold(current)) return false
      return other(ids, wanted, id) || other(keys, wanted, key)
    },
  }
}

function add(holders: Map<string, Holder>, name: string, holder: string): void {
  if (name === '') return
  const known = holders.get(name)
  holders.set(name, known === undefined || known === holder ? holder : null)
}

function other(holders: ReadonlyMap<string, Holder>, name: string, own: string | undefined): boolean {
  const holder = holders.get(name)
  return holder !== undefined && holder !== own
}

function fold(value: Json | undefined): string {
  return typeof value === 'string' ? value.trim().toLowerCase() : ''
}
