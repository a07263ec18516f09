import {
  checkOptions,
  collect,
  keyReader,
  nearest,
  typesOf,
  ZdsError,
  type Desired,
  type FieldTable,
  type Fields,
  type Fold,
  type JsonObject,
  type Processor,
  type Run,
  type Source,
  type Target,
  type TypesOf,
} from 'zds'
import { accountOf, invalid } from './account.ts'
import { ACCOUNT } from './columns.ts'
import { contextOf } from './context.ts'
import { sameInstance } from './overrides/instances.ts'
import { inspect, valuesOf } from './inspect.ts'
import type { OverridesSource } from './overrides/overrides.ts'
import { withoutEffect } from './overrides/effect.ts'
import { overrideUse } from './overrides/notices.ts'
import type { Catalogue, CatalogueFile } from './catalogue.ts'
import { recordMaker } from './record.ts'
import { derive, SIDES, type Draft, type Side } from './rule.ts'
import { rules } from './rules.ts'
import { chargesWithoutEnd, unknownCharges } from './unknown-charges.ts'

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
   * The organizations of the instance: only for them is it said why they are not wanted, so that no
   * other account is named (OPS-08).
   */
  readonly listing?: Listing
}

/**
 * Organizations of an instance, the field of theirs that holds the account id (CMP-01), and the
 * fold of the rules of their sync.
 */
export type Listing = { readonly target: Target; readonly key: string; readonly fold?: Fold }

/** Why an account has no record (AMB-17). */
const ABSENT = {
  'no-subscription': 'its account has no subscription for this instance',
  retention: 'its account expired more than three years ago',
  'type-changed': 'its account has another Type now',
}

/** The reasons for which a rule may retire an organization of a customer. */
export type AbsenceReason = keyof typeof ABSENT

const PROGRESS_EVERY = 10_000

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
    listing: {
      type: 'object',
      required: ['target', 'key'],
      properties: { target: {}, key: text, fold: {} },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
}

/**
 * For each account the record that one instance should hold, or why it should hold none (sections 4
 * to 6 of the rules, in the order of `rules`).
 */
export function entitlements<const Table extends FieldTable>(
  options: EntitlementsOptions<Table>,
): Processor<TypesOf<Table>, AbsenceReason> {
  checkOptions('entitlements', schema, options)
  checkListing(options)
  checkInstance(options)
  const { name, accounts, catalogue, overrides, fields, exclude, elsewhere, listing } = options
  const needs: readonly Source[] = [accounts, catalogue, overrides, exclude, elsewhere, listing?.target].filter(
    (source) => source !== undefined,
  )
  return {
    name,
    types: typesOf(fields),
    words: ABSENT,
    needs,
    values: (run) => valuesOf(options, run),
    inspect: (run) => inspect(options, run),
    read: (run) => read(options, run),
  }
}

async function* read(options: EntitlementsOptions<FieldTable>, run: Run): AsyncGenerator<Desired> {
  const { instance, fields } = options
  const catalogue = await onlyCatalogue(options.catalogue, run)
  const entries = (await collect(run.input(options.overrides))).filter(
    (entry) => entry.instance === null || sameInstance(entry.instance, instance),
  )
  const context = contextOf(options, fields, catalogue, entries, run.clock.today)
  const recordOf = recordMaker(fields)
  const unknown = unknownCharges(context)
  const use = overrideUse(entries, context.today)
  const excluded = await keysWanted(options.exclude, run)
  const listed = await keysListed(options.listing, run)
  const moved = await keysElsewhere(options.elsewhere, (key) => !excluded.has(key) && listed?.has(key) !== false, run)

  let position = 0
  for await (const row of run.input(options.accounts)) {
    position += 1
    if (position % PROGRESS_EVERY === 0) run.progress(`${options.name}: ${position.toLocaleString('en')} accounts`)
    const account = accountOf(row, position)
    moved.delete(account.id)
    if (excluded.has(account.id)) continue
    const draft = derive(account, rules, context)
    unknown.see(draft)
    use.see(draft)
    yield* chargesWithoutEnd(draft)
    yield* withoutEffect(draft, context, recordOf)
    if (draft.absent === undefined) yield recordFor(draft, recordOf(draft))
    else if (listed?.has(account.id) !== false) yield { kind: 'absent', key: account.id, reason: draft.absent }
  }
  for (const key of moved) yield { kind: 'absent', key, reason: 'type-changed' }
  yield* unknown.notices(catalogue.where)
  yield* use.notices()
}

function recordFor({ account: { id: key }, people }: Draft, fields: Fields): Desired {
  return { kind: 'record', key, fields, ...(people && { along: { people } }) }
}

async function onlyCatalogue(source: Source<Catalogue>, run: Run): Promise<Catalogue> {
  const [catalogue] = await collect(run.input(source))
  if (catalogue === undefined)
    throw new ZdsError('EMPTY_SOURCE', `${source.name} has no row`, { hint: 'Pass what supportPlans(...) returns.' })
  return catalogue
}

async function keysWanted(source: Source<Desired> | undefined, run: Run): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  if (source === undefined) return keys
  for await (const desired of run.input(source)) if (desired.kind === 'record') keys.add(desired.key)
  return keys
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
  const known = [...(listing ? [listing.target.instance] : []), ...(overrides.instances ?? [])]
  const strange = listing !== undefined && listing.target.instance !== instance
  if (known.length === 0 || (!strange && known.some((one) => sameInstance(one, instance)))) return
  const near = nearest(instance, known) ?? listing?.target.instance
  throw new ZdsError('CONFIG_INVALID', `${name}: there is no instance ${JSON.stringify(instance)}`, {
    hint: near === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${JSON.stringify(near)}?`,
  })
}

/** Undefined without a listing: then every account may be named. */
async function keysListed(listing: Listing | undefined, run: Run): Promise<ReadonlySet<string> | undefined> {
  if (listing === undefined) return undefined
  const { ofFields } = keyReader(listing, listing.target.types)
  const keys = new Set<string>()
  for await (const { fields } of run.input(listing.target)) keys.add(ofFields(fields).text)
  return keys
}

async function keysElsewhere(
  source: Source<JsonObject> | undefined,
  concerns: (key: string) => boolean,
  run: Run,
): Promise<Set<string>> {
  const keys = new Set<string>()
  if (source === undefined) return keys
  for await (const row of run.input(source)) {
    const key = row[ACCOUNT.id] ?? row['key']
    if (typeof key !== 'string' || key === '')
      throw invalid(`a row of ${source.name}`, ACCOUNT.id, 'must be the 18-character id')
    if (concerns(key)) keys.add(key)
  }
  return keys
}
