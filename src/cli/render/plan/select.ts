import { ZdsError, type Issue } from '../../../core/errors.ts'
import { packed } from '../../../core/many.ts'
import { nearest } from '../../../core/options.ts'
import type { Change, Op, Plan, Skip, SyncPlan } from '../../../core/plan/plan.ts'
import type { Sync } from '../../../core/types.ts'

/** What of a plan is asked for; of each, one of several is enough. */
export type Wanted = {
  /** Keys, ids or names of records. */
  readonly key?: readonly string[]
  readonly sync?: readonly string[]
  readonly field?: readonly string[]
  readonly op?: readonly Op[]
  /** The same as `op: ['retire', 'remove']`. */
  readonly retire?: true
}

type Named = Pick<Skip, 'key' | 'id' | 'name'>

/** Whether less than the whole plan is asked for. */
export const isSelective = ({ key, sync, field, op, retire }: Wanted): boolean =>
  [key, sync, field, op, retire].some((one) => one !== undefined)

/**
 * The plan with those changes only that are asked for, of them those fields; its digest stays that
 * of the whole. Throws USAGE for a sync, field or record that is not in it.
 */
export function selectedOf(plan: Plan, wanted: Wanted): Plan {
  const issues = strangers(plan, wanted)
  if (issues.length > 0)
    throw new ZdsError('USAGE', 'The plan has nothing of what is asked for', {
      issues,
      hint: 'What is in sync is in no plan. zds show FILE --all shows all that is.',
    })
  const syncs = plan.syncs.filter(({ name }) => wanted.sync?.includes(name) ?? true)
  const meanings = wanted.key?.map((asked) => meaning(asked, plan))
  const isMeant = (record: Named): boolean => meanings?.some((means) => means(record)) ?? true
  return { ...plan, syncs: syncs.map((sync) => partOf(sync, wanted, isMeant)) }
}

/**
 * Throws USAGE for a sync or a field that the configuration does not have: no plan that is made with
 * it can have it.
 */
export function refuseUnknown({ sync = [], field = [] }: Wanted, syncs: ReadonlyMap<string, Sync>): void {
  const fields = new Set(syncs.values().flatMap(({ target }) => Object.keys(target.types)))
  const issues = [
    ...unknown('--sync', sync, new Set(syncs.keys()), 'not in the configuration'),
    ...unknown('--field', field, fields, 'not in the configuration'),
  ]
  if (issues.length > 0) throw new ZdsError('USAGE', 'No plan has what is asked for, so none was made', { issues })
}

function partOf(sync: SyncPlan, { field, op, retire }: Wanted, isMeant: (record: Named) => boolean): SyncPlan {
  const ops = op === undefined && retire === undefined ? undefined : [...(op ?? []), ...(retire ? ENDS : [])]
  const changes = sync.changes
    .values()
    .filter(
      (change) =>
        isMeant(change) && (ops?.includes(change.op) ?? true) && (field?.some((name) => name in change.fields) ?? true),
    )
  return {
    ...sync,
    changes: packed(field === undefined ? changes : changes.map((change) => withFields(change, field))),
    skipped: ops === undefined && field === undefined ? sync.skipped.filter(isMeant) : [],
    notices: sync.notices.filter(isMeant),
  }
}

const ENDS = ['retire', 'remove'] as const satisfies readonly Op[]

const withFields = (change: Change, names: readonly string[]): Change => ({
  ...change,
  fields: Object.fromEntries(Object.entries(change.fields).filter(([field]) => names.includes(field))),
})

/** From so many letters on, the beginning of a key is enough. */
const BEGINNING = 8

/** Which records a key, an id or a name means; where none has it, those whose keys begin so. */
function meaning(asked: string, plan: Plan): (record: Named) => boolean {
  const folded = asked.toLowerCase()
  const exact = ({ key, id, name }: Named): boolean =>
    key.toLowerCase() === folded || id === asked || name?.toLowerCase() === folded
  if (asked.length < BEGINNING || recordsOf(plan).some(exact)) return exact
  return ({ key }) => key.startsWith(asked)
}

const recordsOf = ({ syncs }: Plan): IteratorObject<Named> =>
  syncs.values().flatMap(({ changes, skipped, notices }) => recordsIn(changes, skipped, notices))

function* recordsIn(...some: readonly Iterable<Named>[]): Generator<Named> {
  for (const records of some) yield* records
}

function strangers(plan: Plan, { key = [], sync = [], field = [] }: Wanted): Issue[] {
  const called = (): Iterable<string> =>
    recordsOf(plan).flatMap((record) => [record.key, record.id ?? [], record.name ?? []].flat())
  const unmet = key.filter((asked) => !recordsOf(plan).some(meaning(asked, plan)))
  return [
    ...unmet.map((asked) => stranger('--key', asked, called())),
    ...unknown('--sync', sync, new Set(plan.syncs.map(({ name }) => name))),
    ...(field.length === 0 ? [] : unknown('--field', field, fieldsOf(plan))),
  ]
}

const fieldsOf = ({ syncs }: Plan): ReadonlySet<string> =>
  new Set(syncs.values().flatMap(({ changes }) => changes.values().flatMap(({ fields }) => Object.keys(fields))))

const unknown = (option: string, asked: readonly string[], known: ReadonlySet<string>, place = PLAN): Issue[] =>
  asked.filter((word) => !known.has(word)).map((word) => stranger(option, word, known, place))

const PLAN = 'nowhere in this plan'

function stranger(option: string, word: string, known: Iterable<string>, place = PLAN): Issue {
  const meant = nearest(word, known)
  const message = `is ${place}${meant === undefined ? '' : `; did you mean ${meant}?`}`
  return { code: 'USAGE', where: `${option} ${word}`, message }
}
