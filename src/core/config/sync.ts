import type { FieldTypes } from '../field-types.ts'
import type { DesiredOf, FieldTable, KeyableIn, RecordOf, TypesOf } from '../fields.ts'
import type { FieldLimit, Limits } from '../plan/limits.ts'
import type { Processor, Rules, Sync, Target } from '../types.ts'
import { refuseSlips, refuseStrangers } from './slips.ts'

type NameIn<Table extends FieldTable> = keyof Table & string

/** Rules whose field names and reasons the compiler knows: a slip is a compile error. */
export type RulesFor<Table extends FieldTable, Reason extends string = string> = Omit<
  Rules,
  'key' | 'unique' | 'adopt' | 'retire' | 'retireFor' | 'owns' | 'holds' | 'protects'
> & {
  readonly key: KeyableIn<Table> | readonly KeyableIn<Table>[]
  readonly unique?: NameIn<Table>
  readonly adopt?: readonly NameIn<Table>[]
  readonly retire?: Partial<RecordOf<Table>> | 'remove'
  readonly retireFor?: readonly (Reason | 'gone')[]
  owns?(existing: RecordOf<Table>): boolean
  protects?(existing: RecordOf<Table>): boolean
  holds?(desired: DesiredOf<Table>): ReturnType<NonNullable<Rules['holds']>>
}

/** Limits whose field names the compiler knows. */
export type LimitsFor<Table extends FieldTable> = Omit<Limits, 'fields'> & {
  readonly fields?: { readonly [Name in NameIn<Table>]?: FieldLimit }
}

type ReasonOf<P> = P extends Processor<FieldTypes, infer Word> ? Word : string

/** Nothing, where all types of a processor are those of the table; else what is wrong with it. */
type MadeOf<Table extends FieldTable, P> =
  P extends Processor<infer Types>
    ? TypesOf<Table> extends Types
      ? unknown
      : { readonly types: Pick<TypesOf<Table>, keyof Types & keyof Table> & Strange<Exclude<keyof Types, keyof Table>> }
    : never
type Strange<Name extends PropertyKey> = { readonly [N in Name]: never }

/**
 * Nothing, where a target holds the fields of the table, or where its types say nothing of them.
 */
type Holding<Table extends FieldTable, T> =
  T extends Target<infer Types> ? (string extends keyof Types ? unknown : { readonly types: TypesOf<Table> }) : never

/**
 * Pairs the records that a target should hold with the target, under rules and limits. `fields` is
 * the table that all of them are made of. Throws CONFIG_INVALID with everything in them that means
 * nothing, or is not of this table.
 */
export function sync<const Table extends FieldTable, const P extends Processor, const T extends Target>(definition: {
  /** The table that both sides are made of. */
  readonly fields: Table
  /** The records that should be there. */
  readonly desired: P & MadeOf<Table, P>
  /** Where they should be. */
  readonly target: T & Holding<Table, T>
  /** How both sides are compared, and what follows. */
  readonly rules: RulesFor<Table, ReasonOf<P>>
  /** What a plan may do unasked (SAFE-01). */
  readonly limits?: LimitsFor<Table>
  /**
   * The share of written records that is read back. Default 0.01, at least 10 records; 0 for none.
   */
  readonly readBack?: number
  /** Syncs that are applied first. */
  readonly after?: readonly Sync[]
  /** True: only what a change is tied to is applied first, not all of `after`. */
  readonly onlyTied?: boolean
}): Sync {
  refuseStrangers(definition)
  const { fields, limits, ...rest } = definition
  // A record of this table is a Fields whose names are known; the rules are handed no other.
  const rules = definition.rules as unknown as Rules
  const made: Sync = {
    kind: 'sync',
    ...rest,
    rules,
    ...(limits && { limits: limits as Limits }), // the same, with fewer names
  }
  refuseSlips(made, fields)
  return made
}
