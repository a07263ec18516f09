import { collect, keyReader, ZdsError, type Desired, type FieldTable, type Run, type Source } from 'zds'
import { invalid } from './account.ts'
import { mayHaveLostCase } from './case-lost.ts'
import { ACCOUNT } from './columns.ts'
import { contextOf } from './context.ts'
import type { Catalogue } from './catalogue.ts'
import type { EntitlementsOptions, Listing } from './options.ts'
import type { Override } from './overrides/entries.ts'
import { sameInstance } from './overrides/instances.ts'
import type { Context } from './rule.ts'

/** What the accounts of an instance are computed with, apart from their own rows. */
export type AccountInputs = {
  /** The overrides of this instance, whether they have an effect or not. */
  readonly entries: readonly Override[]
  readonly catalogue: Catalogue
  /** What rules look up on a day. */
  readonly contextOn: (today: string) => Context
  /** Accounts that another sync wants (AMB-19). */
  readonly excluded: ReadonlySet<string>
  /** Accounts that the instance has; undefined where every account may be named (OPS-08). */
  readonly listed: ReadonlySet<string> | undefined
  /** Those of them that may be others, since their ids may have lost their case. */
  readonly caseless: readonly string[]
  /** What is said of accounts that exist all the same, unless they turn up among the rows (AMB-17). */
  readonly moved: Map<string, Elsewhere>
}

/** An account that is not among the rows: of another Type, or of one that it has got since they were read. */
export type Elsewhere =
  | { readonly kind: 'absent'; readonly key: string; readonly reason: 'type-changed' }
  | { readonly kind: 'skip'; readonly key: string; readonly reason: 'arrived-meanwhile' }

export async function readInputs(options: EntitlementsOptions<FieldTable>, run: Run): Promise<AccountInputs> {
  const { instance, fields, overrides, listing, exclude } = options
  const catalogue = await onlyCatalogue(options.catalogue, run)
  const entries = (await collect(run.input(overrides))).filter(
    (entry) => entry.instance === null || sameInstance(entry.instance, instance),
  )
  const excluded = await keysWanted(exclude, run)
  const { listed, caseless } = await keysListed(listing, run)
  const concerns = (key: string): boolean => !excluded.has(key) && listed?.has(key) !== false
  return {
    entries,
    catalogue,
    contextOn: (today) => contextOf(options, fields, catalogue, entries, today),
    excluded,
    listed,
    caseless,
    moved: await accountsElsewhere(options, concerns, run),
  }
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

/** Nothing is listed without a listing: then every account may be named. */
async function keysListed(listing: Listing | undefined, run: Run): Promise<Pick<AccountInputs, 'listed' | 'caseless'>> {
  if (listing === undefined) return { listed: undefined, caseless: [] }
  const { ofFields } = keyReader(listing, listing.target.types)
  const listed = new Set<string>()
  const caseless: string[] = []
  for await (const { fields } of run.input(listing.target)) {
    const { raw, text } = ofFields(fields)
    listed.add(text)
    if (mayHaveLostCase(raw)) caseless.push(text)
  }
  return { listed, caseless }
}

async function accountsElsewhere(
  { elsewhere: source, types = [] }: EntitlementsOptions<FieldTable>,
  concerns: (key: string) => boolean,
  run: Run,
): Promise<Map<string, Elsewhere>> {
  const found = new Map<string, Elsewhere>()
  if (source === undefined) return found
  for await (const row of run.input(source)) {
    const key = row[ACCOUNT.id] ?? row['key']
    if (typeof key !== 'string' || key === '')
      throw invalid(`a row of ${source.name}`, ACCOUNT.id, 'must be the 18-character id')
    if (!concerns(key)) continue
    const arrived = types.some((type) => type === row[ACCOUNT.type])
    found.set(
      key,
      arrived ? { kind: 'skip', key, reason: 'arrived-meanwhile' } : { kind: 'absent', key, reason: 'type-changed' },
    )
  }
  return found
}
