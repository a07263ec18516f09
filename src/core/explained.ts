import type { Desired } from './desired.ts'
import type { Json, JsonObject } from './json.ts'
import type { FieldChange } from './plan/plan.ts'

/** One named step of how a record came to be. `changed` is what of the record it made otherwise. */
export type ExplainedRule = {
  /** The id under which the rule is written down: `PROC-30`. */
  readonly id: string
  readonly about: string
  readonly read?: JsonObject
  readonly changed: { readonly [name: string]: FieldChange }
}

/** Something that was bought, and what it grants or why it does not. Dates are `YYYY-MM-DD`. */
export type ExplainedCharge = {
  readonly name: string | null
  /** What it would grant; null where its name is in no list. */
  readonly type: string | null
  readonly start: string | null
  readonly end: string | null
  readonly quantity: number | null
  readonly grants: boolean
  readonly why: string
}

/** A contract, and whether it belongs to the instance. */
export type ExplainedSubscription = {
  readonly id: string
  readonly start: string | null
  readonly end: string | null
  readonly kept: boolean
  readonly because: string
}

/** An exception that a person has written down, and whether it has an effect. */
export type ExplainedOverride = {
  readonly file: string
  readonly line: number | null
  readonly set: JsonObject
  readonly reason: string
  /** The last day on which it has an effect; null: for good. */
  readonly expiry: string | null
  readonly active: boolean
}

/** What the value of a field came from, in words, and the rules that had a say, in order. */
export type ExplainedField = { readonly from: string; readonly rules: readonly string[] }

/** What a processor knows of one key, for a person who asks why. */
export type Explained = {
  readonly key: string
  /** Why it has no record, also where a sync would not be told (OPS-08). */
  readonly absent?: string
  /** The rows that it came from, each with the name of its source. */
  readonly rows: readonly { readonly source: string; readonly row: Json }[]
  readonly fields: { readonly [field: string]: ExplainedField }
  readonly rules?: readonly ExplainedRule[]
  /** What was bought, where it belongs, and what of it grants something. */
  readonly subscriptions?: readonly ExplainedSubscription[]
  readonly charges?: readonly ExplainedCharge[]
  readonly overrides?: readonly ExplainedOverride[]
}

/** How a record should be, or why there should be none. */
export type Said = Exclude<Desired, { readonly kind: 'notice' }>

/** From the day `on` a processor will say something else of a key, and why. */
export type Turn = {
  readonly on: string
  readonly before: Said
  readonly after: Said
  readonly because: string
}
