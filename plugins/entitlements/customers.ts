import {
  checkOptions,
  shape,
  sync,
  unmatchedKeys,
  type Desired,
  type Fields,
  type FieldTable,
  type JsonObject,
  type Keys,
  type LimitsFor,
  type RulesFor,
  type Source,
  type Sync,
  type Target,
} from 'zds'
import { ACCOUNT } from './columns.ts'
import { entitlements, type AbsenceReason } from './entitlements.ts'
import type { EntitlementsOptions } from './options.ts'
import type { OverridesSource } from './overrides/overrides.ts'
import { levelOrder } from './ranks.ts'
import type { Side } from './rule.ts'

/** Looks rows up by keys, as `salesforce(...)` does. */
type LookupRows = {
  // A method: what it knows of the columns of an object is its own.
  lookup(query: {
    readonly name: string
    readonly object: string
    readonly columns: readonly string[]
    readonly in: string
    readonly keys: Keys
  }): Source<JsonObject>
}

export type CustomersOptions<Table extends FieldTable> = {
  /** The organizations of the instance, as `zendesk(...).organizations({ fields })` gives them. */
  readonly organizations: Target
  /** Which rules the instance is computed by. */
  readonly side: Side
  readonly fields: Table
  /**
   * Salesforce accounts: flat rows with both child lists, as `entitlementColumns` and
   * `entitlementChildren` ask for them.
   */
  readonly accounts: Source<JsonObject>
  /**
   * The Types of the accounts, where an account is among them for its Type alone: one that has got
   * such a Type since they were read is left to the next run.
   */
  readonly types?: readonly string[]
  readonly catalogue: EntitlementsOptions<Table>['catalogue']
  readonly overrides: OverridesSource
  /**
   * Where it is asked why an organization has no account among the rows (AMB-17): what
   * `salesforce(...)` returns.
   */
  readonly crm: LookupRows
  readonly rules: RulesFor<Table, AbsenceReason> & { readonly key: keyof Table & string }
  readonly limits?: LimitsFor<Table>
  /**
   * Organizations of the instance that are another sync's: who desires them, and how they are known
   * (AMB-19).
   */
  readonly partners?: { readonly desired: Source<Desired>; readonly is: (organization: Fields) => boolean }
}

// What they hold is checked by what they are handed to.
const schema = shape<CustomersOptions<FieldTable>>({
  organizations: {},
  side: {},
  fields: {},
  accounts: {},
  'types?': {},
  catalogue: {},
  overrides: {},
  crm: {},
  rules: {},
  'limits?': {},
  'partners?': shape({ desired: {}, is: {} }),
})

/**
 * The sync of the customers of one instance, and all that every instance repeats: its organizations
 * are listed, accounts that exist with another Type are looked up, and what each account should
 * have is computed. Its names follow from that of the instance: `emea-accounts`,
 * `emea-former-customers`.
 */
export function customers<const Table extends FieldTable>(options: CustomersOptions<Table>): Sync {
  checkOptions('customers', schema, options)
  const { organizations, side, fields, accounts, types, catalogue, overrides, crm, rules, limits, partners } = options
  const { instance } = organizations
  const { key, fold } = rules
  const order = levelOrder(fields, limits)
  const isOurs = partners && ((organization: Fields): boolean => !partners.is(organization))
  const unmatched = unmatchedKeys({
    target: organizations,
    field: key,
    rows: accounts,
    column: ACCOUNT.id,
    ...(fold && { fold }),
  })
  const former = crm.lookup({
    name: `${instance}-former-customers`,
    object: 'Account',
    columns: [ACCOUNT.id, ACCOUNT.type],
    in: ACCOUNT.id,
    // Once it is known who is a partner, and of all organizations: of an account that is neither a
    // customer nor a partner in what was read, its Type tells which of the two it has become (AMB-19).
    keys: { ...unmatched, needs: [...unmatched.needs, ...(partners ? [partners.desired] : [])] },
  })
  const desired = entitlements({
    name: `${instance}-accounts`,
    instance,
    side,
    accounts,
    catalogue,
    overrides,
    fields,
    listing: { target: organizations, key, ...(fold && { fold }) },
    elsewhere: former,
    ...(types && { types }),
    ...(order && { levelOrder: order }),
    ...(partners && { exclude: partners.desired }),
  })
  return sync({
    fields,
    desired,
    target: organizations,
    // The compiler cannot tell that the reasons of `rules` are those of `desired`, made of the same
    // table.
    rules: { ...rules, ...(partners && { owns: isOurs, yields: partners.desired }) } as RulesFor<Table, never>,
    ...(limits && { limits }),
  })
}
