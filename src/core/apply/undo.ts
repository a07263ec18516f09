import { removal } from '../compare/decide.ts'
import { possiblePlan, withWords } from '../compare/prepare.ts'
import type { Json } from '../json.ts'
import { packer } from '../many.ts'
import { doneUnder, writtenUnder, type Known } from '../outcome.ts'
import type { FieldTypes } from '../field-types.ts'
import { opOf } from '../plan/limits.ts'
import type { Change, Notice, REASONS, Skip, SyncPlan } from '../plan/plan.ts'
import type { Existing, Run, Sync } from '../types.ts'
import { bind, type Created } from './bind.ts'
import { differingFields, withRecords } from './current.ts'

type Written = Change & { readonly id: string }

/**
 * The plan that sets back what a run did to the records of one sync: updates and retires get their
 * old values, what was created is retired (or removed, where the sync removes), what was removed is
 * created anew. A record that does not hold what the run wrote was changed since: it is left out,
 * and listed, as is one that nothing can retire, or nothing may. An update that failed when some of
 * it was written is set back in that, and what is neither so nor as before is told.
 */
export async function undo(
  plan: SyncPlan,
  sync: Sync,
  { known, created }: { readonly known: ReadonlyMap<string, Known>; readonly created: Created },
  run: Run,
): Promise<SyncPlan> {
  const written = plan.changes.values().flatMap((change): readonly Written[] => {
    const id = writtenUnder(known.get(change.key))
    const bound = bind(change, sync.target.types, created)
    return 'op' in bound && id !== undefined ? [{ ...bound, id }] : []
  })
  const changes = packer<Change>()
  const skipped: Skip[] = []
  const notices: Notice[] = []
  for await (const { item, now } of withRecords(written, ({ id }) => id, sync.target, run)) {
    const whole = doneUnder(known.get(item.key)) !== undefined
    const { change, strange } = whole ? { change: item, strange: [] } : asWritten(item, now, sync.target.types)
    if (strange.length > 0) notices.push(unlike(change, strange))
    const back = reverse(change, now, sync)
    if (typeof back === 'string') skipped.push({ key: change.key, id: change.id, reason: back })
    else if (Object.keys(back.fields).length > 0) changes.add(back)
  }
  return withWords(
    possiblePlan({ ...plan, changes: changes.rows(), skipped, notices, excesses: [] }, sync.target),
    sync,
  )
}

/**
 * What an update that has failed wrote all the same: the fields that are as it means them. `strange`
 * are not as they were before it either.
 */
function asWritten(
  change: Written,
  now: Existing | undefined,
  types: FieldTypes,
): { readonly change: Written; readonly strange: readonly string[] } {
  if (now === undefined || change.op === 'create' || change.op === 'remove') return { change, strange: [] }
  const other = new Set(differingFields(change, 'to', now, types))
  const strange = differingFields(change, 'from', now, types).filter((field) => other.has(field))
  const fields = Object.fromEntries(Object.entries(change.fields).filter(([field]) => !other.has(field)))
  return { change: { ...change, fields }, strange }
}

function unlike({ key, name = key }: Written, strange: readonly string[]): Notice {
  const message = `${strange.join(', ')} of ${name} is neither as before the run nor as the run wrote it, and stays`
  return { code: 'not-as-written', key, message }
}

/** The change that undoes one, without fields where nothing is left to undo; why there is none. */
function reverse(change: Written, now: Existing | undefined, { target, rules }: Sync): Change | keyof typeof REASONS {
  const { op, key, id, name, fields } = change
  const called = name === undefined ? {} : { name }
  const old = Object.entries(fields).map(([field, { from }]) => [field, from] as const)
  if (op === 'remove' && now === undefined)
    return { op: 'create', key, ...called, fields: toward(old, {}), reason: 'undo' }
  if (now === undefined || differingFields(change, 'to', now, target.types).length > 0) return 'changed-since'
  const { retire } = rules
  const of = { key, id, ...called, ...(now.version !== undefined && { version: now.version }), reason: 'undo' }
  if (op === 'create' && retire === 'remove') return { ...of, op: 'remove', fields: removal(now.fields) }
  if (op === 'create' && retire === undefined) return 'no-retire'
  const back = toward(op === 'create' ? Object.entries(retire ?? {}) : old, now.fields)
  const due = new Set(differingFields({ fields: back }, 'to', now, target.types))
  const made: Change = {
    ...of,
    op: op === 'create' ? 'retire' : 'update',
    fields: Object.fromEntries(Object.entries(back).filter(([field]) => due.has(field))),
  }
  // Nobody marks it, not even again (CMP-05): it would be refused when the plan is carried out.
  return due.size > 0 && opOf(made, retire) !== 'update' && rules.protects?.(now.fields) === true ? 'protected' : made
}

const toward = (values: readonly (readonly [string, Json])[], now: Existing['fields']): Change['fields'] =>
  Object.fromEntries(values.map(([field, to]) => [field, { from: now[field] ?? null, to }]))
