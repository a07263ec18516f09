import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { canonical, type Json } from '../json.ts'
import { concatenated, jsonParts, type Many } from '../many.ts'

export type Op = 'create' | 'update' | 'retire' | 'remove'

/** The order in which changes are carried out (SYN-01). */
export const OPS = ['create', 'update', 'retire', 'remove'] as const satisfies readonly Op[]

export type FieldChange = { readonly from: Json; readonly to: Json }

/** What one record needs. `fields` lists every value that will be written. */
export type Change = {
  readonly op: Op
  readonly key: string
  /** The target's own id; absent exactly on creates. */
  readonly id?: string
  /** What people call the record: as it is, or as it will be created. */
  readonly name?: string
  /** The version of the record that this was planned for, where its target has versions. */
  readonly version?: string
  readonly fields: { readonly [field: string]: FieldChange }
  /** Why a record is retired (AMB-17). */
  readonly reason?: string
  /** What comes along with a new record: the business of its target alone (SYN-03). */
  readonly along?: Json
  /** The same in words, as the target describes it. */
  readonly remarks?: readonly Remark[]
}

/** Words, each with what it means to a person: `{ 'no-key': 'has no key, …' }`. */
export type Words = { readonly [word: string]: string }

/**
 * The engine's own reasons: why a record is left as it is, or without its name, or retired.
 * Processors, targets and rules bring theirs.
 */
export const REASONS = {
  'no-key': 'has no key, so nobody knows whose it is',
  'key-invalid': 'its key can be none, so nobody knows whose it is',
  'duplicate-key': 'several records have this key',
  'name-taken': 'another record has this name',
  'not-owned': 'is none that its sync answers for',
  protected: 'is protected from being retired',
  'kept-by-rule': 'its reason is not one that retires',
  'changed-since': 'was changed since the run that is to be undone, or not written as it was meant',
  'not-possible': 'the target cannot do this',
  'no-retire': 'was created by the run, and its sync knows no way to retire it',
  'incomplete-listing': 'what was read is not proved complete',
  gone: 'nothing that was read speaks of it',
  undo: 'a run is undone',
} as const satisfies Words

export type Skip = {
  readonly key: string
  readonly reason: string
  readonly id?: string
  readonly name?: string
  /** Who has the name that this record wants (AMB-20). */
  readonly heldBy?: Holder
  /** What would be done, if an empty source is right to be empty: see `released` (SAFE-13). */
  readonly change?: Change
}

/** Planned changes after the target has seen them, with what a person should know of some. */
export type Preparation = {
  readonly changes: Many<Change>
  readonly skipped: readonly Skip[]
  readonly notices?: readonly Notice[]
}

/**
 * A record that has a name which another one wants; without an id, one that wants it as well.
 * `fate`: what becomes of it in the same plan, unless it stays as it is.
 */
export type Holder = {
  readonly key: string
  readonly id?: string
  readonly name: string
  readonly fate?: 'retired' | 'renamed' | 'waiting'
}

/** What a person should know: a stable word, and a sentence. */
export type Remark = { readonly code: string; readonly message: string }

/** What a person should know although nothing follows from it. */
export type Notice = Remark & { readonly key: string }

/**
 * What of a plan goes beyond its limits: what, how many, of how many, the limit, and a few keys.
 */
export type Excess = {
  /** What `--approve` calls it: `global.update`, `global.field.support_level`. */
  readonly id: string
  readonly op: Op | 'drop' | 'field'
  readonly field?: string
  readonly count: number
  readonly existing: number
  readonly limit: number
  /** The fields that most of the updates are made for, and how many would be left without them. */
  readonly because?: Because
  readonly message: string
  readonly examples: readonly string[]
}

export type Because = { readonly fields: readonly string[]; readonly left: number }

/**
 * So many changes need no approval; `share` of the existing records, where that is what the number
 * comes from.
 */
export type Allowed = { readonly most: number; readonly share?: number }

/** Values from the highest down, or `dates`: an earlier day is lower. */
export type Order = readonly Json[] | 'dates'

/** What a plan was held against; what is not in it has no limit. */
export type Bounds = { readonly [op in Op]?: Allowed } & {
  readonly fields: { readonly [field: string]: Partial<Allowed> & { readonly order?: Order } }
}

/** The changes of one sync, in the order create, update, retire, and by key. */
export type SyncPlan = {
  readonly name: string
  /** Where it writes: `global`. */
  readonly instance: string
  readonly resource: string
  /** Where that is: `https://example.zendesk.com`. */
  readonly address?: string
  /** What it holds may be told only where it is: its target says so (OPS-08). */
  readonly confined?: true
  /** Number of records that the target holds and this sync answers for. */
  readonly existing: number
  /** Number of records that should be there. */
  readonly desired: number
  /** Number of records that are as they should be; an older zds does not say it. */
  readonly inSync?: number
  /** Whether each side was proved to have been read completely (SAFE-02, SAFE-13). */
  readonly complete: { readonly desired: boolean; readonly existing: boolean }
  readonly changes: Many<Change>
  readonly skipped: readonly Skip[]
  /** What each reason in it means. */
  readonly words: Words
  readonly notices: readonly Notice[]
  readonly excesses: readonly Excess[]
  readonly bounds?: Bounds
}

/** Pure data: what `zds plan` prints, CI stores and `zds apply` interprets. */
export type Plan = {
  readonly version: 1
  readonly createdAt: string
  readonly asOf: string
  /** The fingerprint of the configuration that made it. */
  readonly config: string
  /** The run that it sets back: what came last goes first. */
  readonly undoes?: string
  readonly syncs: readonly SyncPlan[]
  readonly digest: string
  /** Proves who made it, where there is a key (`proved`). */
  readonly mac?: string
}

/**
 * The plan of all syncs, of the configuration whose fingerprint is `config`; `undoes` is the run
 * that it sets back.
 */
export function assemble(syncs: readonly SyncPlan[], config: string, clock: Clock, undoes?: string): Plan {
  const content = { asOf: clock.today, config, ...(undoes !== undefined && { undoes }), syncs }
  const createdAt = clock.now().toISOString()
  return { version: 1, createdAt, ...content, digest: digestOf({ version: 1, ...content }) }
}

/** The identity of a plan: all of it but the moment it was made. */
export function digestOf(plan: Omit<Plan, 'digest' | 'createdAt'>): string {
  const { version, asOf, config, undoes, syncs } = plan
  const hash = createHash('sha256')
  for (const part of canonicalParts({ version, asOf, config, undoes, syncs })) hash.update(part)
  return hash.digest('hex')
}

/** The text of `canonical` in parts. */
export const canonicalParts = (document: unknown): Iterable<string> =>
  jsonParts(document, { stringify: (value) => canonical(value as Json), sorted: true }) // a part of a document

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Something of each operation. */
export const byOp = <T>(of: (op: Op) => T): { [op in Op]: T } => ({
  create: of('create'),
  update: of('update'),
  retire: of('retire'),
  remove: of('remove'),
})

type Counts = { readonly [op in Op]: number }

/** A plan is counted once, however often it is asked. */
const counts = new WeakMap<Many<Change>, Counts>()

export function opCounts({ changes }: Pick<SyncPlan, 'changes'>): Counts {
  const known = counts.get(changes) ?? counted(changes)
  counts.set(changes, known)
  return known
}

export const count = (plan: Pick<SyncPlan, 'changes'>, op: Op): number => opCounts(plan)[op]

/** How many changes a plan has. */
export const changeCount = ({ syncs }: Pick<Plan, 'syncs'>): number =>
  syncs.reduce((sum, { changes }) => sum + changes.length, 0)

/** The changes of each operation, one after another. */
export function inOrder(each: { readonly [op in Op]: Many<Change> }): Many<Change> {
  const changes = concatenated(OPS.map((op) => each[op]))
  const lengths = byOp((op) => each[op].length)
  counts.set(changes, lengths)
  return changes
}

function counted(changes: Many<Change>): Counts {
  const found = byOp(() => 0)
  for (const { op } of changes) found[op] += 1
  return found
}

/** How many changes are held back because what was read is not proved complete (SAFE-13). */
export function heldBack({ skipped }: Pick<SyncPlan, 'skipped'>): number {
  return skipped.filter(({ reason }) => reason === 'incomplete-listing').length
}
