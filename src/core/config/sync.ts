import type { FieldTable, RecordOf } from '../fields.ts'
import type { Limits } from '../plan/limits.ts'
import type { Desired, Rules, Source, Sync, Target } from '../types.ts'

/** Rules whose field names the compiler knows: a slip is a compile error. */
export type RulesFor<Table extends FieldTable> = Omit<
  Rules,
  'key' | 'unique' | 'adopt' | 'retire' | 'owns' | 'holds' | 'protects'
> & {
  readonly key: keyof Table & string
  readonly unique?: keyof Table & string
  readonly adopt?: readonly (keyof Table & string)[]
  readonly retire?: Partial<RecordOf<Table>> | 'remove'
  owns?(existing: RecordOf<Table>): boolean
  protects?(existing: RecordOf<Table>): boolean
  holds?(desired: RecordOf<Table>): ReturnType<NonNullable<Rules['holds']>>
}

/**
 * Pairs the records that a target should hold with the target, under rules and limits. `fields` is
 * the table that both are made of.
 */
export function sync<const Table extends FieldTable>(definition: {
  readonly fields: Table
  readonly desired: Source<Desired>
  readonly target: Target
  readonly rules: RulesFor<Table>
  readonly limits?: Limits
  readonly readBack?: number
  readonly after?: readonly Sync[]
}): Sync {
  const { desired, target, limits, readBack, after } = definition
  // A record of this table is a Fields whose names are known; the rules are handed no other.
  const rules = definition.rules as unknown as Rules
  return {
    kind: 'sync',
    desired,
    target,
    rules,
    ...(limits && { limits }),
    ...(readBack !== undefined && { readBack }),
    ...(after && { after }),
  }
}
