import {
  assertAsked,
  checkOptions,
  columnsOf,
  nearest,
  ZdsError,
  type Desired,
  type FieldTable,
  type Fold,
  type Json,
  type JsonObject,
  type Source,
  type Target,
} from 'zds'
import { ACCOUNT, entitlementColumns } from './columns.ts'
import { sameInstance } from './overrides/instances.ts'
import type { OverridesSource } from './overrides/overrides.ts'
import type { Catalogue, CatalogueFile } from './catalogue.ts'
import { SIDES, type Side } from './rule.ts'

export type EntitlementsOptions<Table extends FieldTable> = {
  readonly name: string
  /** The instance whose records these are, as its target and overrides name it: `us-gov`. */
  readonly instance: string
  /** Which rules it is computed by. */
  readonly side: Side
  /**
   * Salesforce accounts: flat rows with both child lists, as `entitlementColumns` and
   * `entitlementChildren` ask for them.
   */
  readonly accounts: Source
  readonly catalogue: Source<Catalogue> & Partial<Pick<CatalogueFile, 'load'>>
  readonly overrides: OverridesSource
  readonly fields: Table
  /** Accounts for which another sync wants a record are left to it, without a word (AMB-19). */
  readonly exclude?: Source<Desired>
  /**
   * Accounts that exist with another Type, the id in `Account_ID_18__c` or `key`: why their records
   * are not wanted (AMB-17).
   */
  readonly elsewhere?: Source<JsonObject>
  /**
   * The Types of the accounts, where an account is among them for its Type alone: one of `elsewhere`
   * that has such a Type has got it since they were read, and is left to the next run.
   */
  readonly types?: readonly string[]
  /**
   * The organizations of the instance: only for them is it said why they are not wanted, so that no
   * other account is named (OPS-08).
   */
  readonly listing?: Listing
  /**
   * The levels from the highest down, as a limit of falls has them: the plan tells where the plans
   * file has them otherwise.
   */
  readonly levelOrder?: readonly Json[]
}

/**
 * Organizations of an instance, the field of theirs that holds the account id (CMP-01), and the
 * fold of the rules of their sync.
 */
export type Listing = { readonly target: Target; readonly key: string; readonly fold?: Fold }

const text = { type: 'string', minLength: 1 }
const schema = {
  type: 'object',
  required: ['name', 'instance', 'side', 'accounts', 'catalogue', 'overrides', 'fields'],
  properties: {
    name: text,
    instance: text,
    side: { enum: SIDES },
    accounts: {},
    catalogue: {},
    overrides: {},
    fields: { type: 'object' },
    exclude: {},
    elsewhere: {},
    types: { type: 'array', items: text },
    levelOrder: { type: 'array' },
    listing: {
      type: 'object',
      required: ['target', 'key'],
      properties: { target: {}, key: text, fold: {} },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
}

/** Throws CONFIG_INVALID for options that do not fit together. */
export function checkEntitlements(options: EntitlementsOptions<FieldTable>): void {
  checkOptions('entitlements', schema, options)
  const { name, accounts, fields } = options
  const children = [ACCOUNT.subscriptions, ACCOUNT.charges]
  assertAsked(name, accounts, ACCOUNT.id, [...entitlementColumns, ...columnsOf([fields]), ...children])
  checkListing(options)
  checkInstance(options)
}

function checkListing({ name, listing }: { readonly name: string; readonly listing?: Listing }): void {
  if (listing === undefined || listing.key in listing.target.types) return
  throw new ZdsError(
    'CONFIG_INVALID',
    `${name}: ${listing.target.instance} has no field ${listing.key}, so its listing has no keys`,
    {
      hint: 'Give listing.key the field of the organizations that holds the account id.',
    },
  )
}

/**
 * An instance that neither its target nor the overrides name is a slip: its overrides would have no
 * effect, without a word.
 */
function checkInstance({ name, instance, listing, overrides }: EntitlementsOptions<FieldTable>): void {
  const known = [...(listing ? [listing.target.instance] : []), ...Object.keys(overrides.tables ?? {})]
  const strange = listing !== undefined && listing.target.instance !== instance
  if (known.length === 0 || (!strange && known.some((one) => sameInstance(one, instance)))) return
  const near = nearest(instance, known) ?? listing?.target.instance
  throw new ZdsError('CONFIG_INVALID', `${name}: there is no instance ${JSON.stringify(instance)}`, {
    hint: near === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${JSON.stringify(near)}?`,
  })
}
