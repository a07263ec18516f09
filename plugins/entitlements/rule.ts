import type { Json } from 'zds'
import type { Account, Charge, Subscription } from './account.ts'

/**
 * Which of the two ways an instance is computed: as Global is, or as US Government is (PROC-40,
 * PROC-44).
 */
export type Side = 'global' | 'us_government'
export const SIDES = ['global', 'us_government'] as const satisfies readonly Side[]

/** Why an account has no record in an instance (AMB-17). */
type Absence = 'no-subscription' | 'retention'

/** Somebody who comes with a new organization, by address. */
export type Person = { readonly email: string; readonly name: string }

/** The record of one account in the making. Rules run in order and change it. */
export type Draft = {
  readonly account: Account
  /** The subscriptions that belong to this instance, and all their charges. */
  subscriptions: readonly Subscription[]
  charges: readonly Charge[]
  /**
   * Computed values by name: `level`, `seats`, `sub_edu`. Fields declared with `fact(...)` read
   * them.
   */
  readonly facts: Record<string, Json>
  /** Fields that an override sets and that read no fact. */
  readonly fields: Map<string, Json>
  /** Who should belong to a new record. */
  people?: readonly Person[]
  /** Set by a rule that leaves the account out; the rules after it do not run. */
  absent?: Absence
}

/** One value of an override, for one account of one instance. */
export type Amendment = {
  readonly to: 'fact' | 'field'
  readonly name: string
  readonly value: Json
  /** The field as the entry names it, and where the entry stands. */
  readonly field: string
  readonly where: string
  /** What to set instead of a value that is computed anew. */
  readonly instead: string | undefined
}

/** What rules look things up in; made once per run. */
export type Context = {
  readonly today: string
  /** Oldest end date that counts (PROC-02), oldest expiration date that is kept (PROC-03). */
  readonly graceStart: string
  readonly retentionStart: string
  readonly side: Side
  /** Charge name to subscription type (`plan_lookup`, PLAN-03). */
  readonly typeOf: ReadonlyMap<string, string>
  readonly types: readonly string[]
  /** Levels from the highest down, each with the types that give it. */
  readonly levels: readonly { readonly level: string; readonly types: readonly string[] }[]
  readonly usGovernment: { readonly standard: ReadonlySet<string>; readonly exception: ReadonlySet<string> }
  readonly baseTiers: ReadonlySet<string>
  /** Region of Salesforce to option of the dropdown (AMB-25). */
  readonly regions: ReadonlyMap<string, string>
  readonly amendments: ReadonlyMap<string, readonly Amendment[]>
}

/** One named step of the computation; `about` is a sentence for a person who asks why. */
export type Rule = {
  readonly id: string
  readonly about: string
  /** The fact that it always computes anew, and what to override instead. */
  readonly computes?: { readonly fact: string; readonly instead: string }
  /** The side that it is for; both, unless given. */
  readonly only?: Side
  apply(draft: Draft, context: Context): void
}

/** Runs the rules over one account, until one leaves it out. */
export function derive(account: Account, rules: readonly Rule[], context: Context): Draft {
  const draft: Draft = { account, subscriptions: [], charges: [], facts: {}, fields: new Map() }
  for (const rule of rules) {
    if (rule.only !== undefined && rule.only !== context.side) continue
    rule.apply(draft, context)
    if (draft.absent !== undefined) break
  }
  return draft
}
