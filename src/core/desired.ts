import type { Json, JsonObject } from './json.ts'
import type { Notice } from './plan/plan.ts'

/** The fields of one record: flat, because a field is the unit of comparison. */
export type Fields = JsonObject

/**
 * What a processor says about one key: how its record should look, why there is none (so that an
 * existing one is retired), why it is left as it is, or what a person should know.
 */
export type Desired<Rec extends Fields = Fields> =
  /** `along`: what comes with a new record, in the terms of its target. */
  | { readonly kind: 'record'; readonly key: string; readonly fields: Rec; readonly along?: Json }
  | { readonly kind: 'absent'; readonly key: string; readonly reason: string }
  | { readonly kind: 'skip'; readonly key: string; readonly reason: string; readonly name?: string }
  | DesiredNotice

/** What a person should know of a key although nothing follows from it. */
export type DesiredNotice = Notice & { readonly kind: 'notice' }

/**
 * A record as the target holds it now, values normalised by the types of its fields. `version`:
 * what the service wants back with a conditional write (If-Match).
 */
export type Existing<Rec extends Fields = Fields> = {
  readonly id: string
  readonly fields: Rec
  readonly version?: string
}
