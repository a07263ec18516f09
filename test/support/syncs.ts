import { tmpdir } from 'node:os'
import {
  cannotTell,
  collect,
  sync,
  typesOf,
  type ApplyRun,
  type Change,
  type Desired,
  type Existing,
  type Fields,
  type FieldTable,
  type Json,
  type LimitsFor,
  type Many,
  type Processor,
  type RulesFor,
  type TypesOf,
  type Words,
} from 'zds'
import {
  checkbox,
  decimal,
  dropdown,
  name,
  reference,
  text,
  type Outcome,
  type Source,
  type Step,
  type Sync,
  type SyncPlan,
  type Target,
} from 'zds'
import { OPS } from '../../src/core/plan/plan.ts'
import { compare, foldKeys, keyIn } from '../../src/core/compare/compare.ts'
import { nameIndex } from '../../src/core/compare/names.ts'
import { withWords } from '../../src/core/compare/prepare.ts'

/**
 * A small table of organization fields: one of each type that the rules of comparison treat in a
 * way of its own.
 */
export const table = {
  name: name('Name'),
  external_id: text('Id'),
  salesforce_id: text('Id'),
  account_type: dropdown('Type'),
  support_level: dropdown('Level'),
  aar: decimal('Carr'),
  support_hold: checkbox('Hold'),
  parent: reference('Parent'),
  mark_for_deletion: checkbox([], () => false),
}

/** The rules of the customer syncs, as the reference configuration has them. */
const customerRules = {
  key: 'salesforce_id',
  unique: 'name',
  adopt: ['external_id'],
  retire: { mark_for_deletion: true },
  holds: ({ support_level }) => (support_level === 'expired' ? 'expired-not-created' : undefined),
  words: { 'expired-not-created': 'expired, and has no record yet' },
} satisfies RulesFor<typeof table>

export const isPartner = ({ account_type }: { readonly account_type?: Json }): boolean =>
  typeof account_type === 'string' && ['alliance_partner', 'open_partner', 'select_partner'].includes(account_type)

export async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/** What the processors of tests explain. */
const REASONS: Words = {
  'no-subscription': 'has no subscription',
  retention: 'expired long ago',
  'type-changed': 'has another type',
  'duplicate-email': 'another contact has this address',
}

export function sourceOf<Row extends Json>(
  called: string,
  rows: readonly Row[] | (() => AsyncIterable<Row>) = [],
  more: Partial<Source<Row>> = {},
): Source<Row> & { readonly words: Words } {
  return { name: called, words: REASONS, read: () => (typeof rows === 'function' ? rows() : stream(rows)), ...more }
}

export type TargetParts<Table extends FieldTable = FieldTable> = {
  readonly name?: string
  readonly types?: Table
  readonly records?: readonly Existing[]
  readonly ops?: Target['ops']
  readonly staleness?: Target['staleness']
  readonly address?: string
  /** What becomes of changes that are sent; all are done, unless said otherwise. */
  readonly send?: (changes: readonly Change[]) => readonly Outcome[] | Promise<readonly Outcome[]>
  /** Steps in the place of `send`. */
  readonly apply?: (changes: Many<Change>, run: ApplyRun) => AsyncIterable<Step>
  readonly settle?: Target['settle']
  readonly refetch?: Target['refetch']
  /** Why it leaves changes out, and what that means. */
  readonly words?: Words
}

/** A target over records in memory, of which one request writes all changes. */
export function targetOf<Table extends FieldTable = typeof table>(
  parts: TargetParts<Table> = {},
): Target<TypesOf<Table>> {
  const { records = [], apply, send = (changes) => changes.map(done) } = parts
  const types = parts.types ?? (table as FieldTable as Table) // the default of both
  const common = {
    name: parts.name ?? 'organizations',
    instance: 'global',
    resource: 'organizations',
    types: typesOf(types),
    ops: parts.ops ?? OPS,
    staleness: parts.staleness ?? 'batch',
    address: () => parts.address ?? 'https://global.example',
    read: () => stream(records),
    refetch: parts.refetch ?? ((ids) => stream(records.filter(({ id }) => ids.includes(id)))),
    settle: parts.settle ?? cannotTell,
    ...(parts.words && { words: parts.words }),
  } satisfies Partial<Target>
  if (apply !== undefined) return { ...common, apply }
  return { ...common, write: { batch: 1000, parallel: 1, send: async (changes) => send(changes) } }
}

export const done = ({ key, id }: Change): Outcome => ({ key, status: 'done', id: id ?? `new-${key}` })

export function syncOf(
  rules: Partial<RulesFor<typeof table>> & { limits?: LimitsFor<typeof table>; after?: readonly Sync[] } = {},
  parts: { target?: Target; desired?: Processor } = {},
): Sync {
  const { limits, after, ...own } = rules
  return sync({
    fields: table,
    desired: parts.desired ?? sourceOf<Desired>('accounts'),
    target: parts.target ?? targetOf(),
    rules: { ...customerRules, ...own },
    // The targets of most tests hold what they were given, whatever is written to them.
    readBack: 0,
    ...(limits && { limits }),
    ...(after && { after }),
  })
}

/** A desired record: `wanted('A', { name: 'Acme' })`. */
export const wanted = (key: string, fields: Fields = {}): Extract<Desired, { kind: 'record' }> => ({
  kind: 'record',
  key,
  fields: { salesforce_id: key, mark_for_deletion: false, ...fields },
})

export const absent = (key: string, reason: string): Desired => ({ kind: 'absent', key, reason })

/** A record of the target: `held('1', 'A', { name: 'Acme' })`. */
export const held = (id: string, key: string | null, fields: Fields = {}): Existing => ({
  id,
  fields: { salesforce_id: key, mark_for_deletion: false, ...fields },
})

export type Scene = {
  readonly desired?: readonly Desired[]
  readonly existing?: readonly Existing[]
  /** What other syncs of the target desire: their names count too (AMB-20). */
  readonly rivals?: readonly (readonly Desired[])[]
  readonly yielded?: readonly string[]
  readonly ownedElsewhere?: boolean
  readonly complete?: { readonly desired?: boolean; readonly existing?: boolean }
  readonly empty?: boolean
}

/**
 * What a comparison says about a scene: rows are put in the order of their keys, as the engine does.
 */
export async function compared(scene: Scene, sync: Sync = syncOf()): Promise<SyncPlan> {
  const { desired = [], existing = [], rivals = [] } = scene
  const byKey = <T>(rows: readonly T[], of: (row: T) => string): T[] =>
    rows.toSorted((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0))
  const folded = async (rows: readonly Desired[]): Promise<Desired[]> => collect(foldKeys(stream(rows), sync))
  const names = nameIndex(sync, tmpdir())
  const wants = await Promise.all([desired, ...rivals].map(folded))
  for (const rows of wants) await collect(names.desired(stream(rows)))
  await collect(names.existing(stream(existing)))
  const plan = await compare('global', sync, {
    desired: stream(byKey(wants[0] ?? [], ({ key }) => key)),
    existing: stream(byKey(existing, (row) => keyIn(sync, row))),
    names,
    yielded: new Set(scene.yielded),
    ownedElsewhere: () => scene.ownedElsewhere ?? false,
    complete: { desired: true, existing: true, ...scene.complete },
    empty: scene.empty ?? false,
  })
  return withWords(plan, sync)
}

/** The target after a plan was carried out, as an in-memory Zendesk would hold it. */
export function applied(existing: readonly Existing[], { changes }: Pick<SyncPlan, 'changes'>): Existing[] {
  const written = (change: Change): Fields =>
    Object.fromEntries(Object.entries(change.fields).map(([field, { to }]) => [field, to]))
  const byId = new Map(
    [...changes].flatMap((change) => (change.id === undefined ? [] : [[change.id, written(change)] as const])),
  )
  return [
    ...existing.map(({ id, fields }) => ({ id, fields: { ...fields, ...byId.get(id) } })),
    ...[...changes]
      .filter(({ op }) => op === 'create')
      .map((change) => ({ id: `new-${change.key}`, fields: written(change) })),
  ]
}
