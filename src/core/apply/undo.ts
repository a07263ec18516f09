import { removal } from '../compare/decide.ts'
import { possiblePlan } from '../compare/prepare.ts'
import { withWords } from '../compare/words.ts'
import type { Json } from '../json.ts'
import { packer } from '../many.ts'
import { doneUnder, type Known } from '../outcome.ts'
import type { Change, REASONS, Skip, SyncPlan } from '../plan/plan.ts'
import type { Existing, Run, Sync } from '../types.ts'
import { bind, type Created } from './bind.ts'
import { differingFields, withRecords } from './current.ts'

type Done = Change & { readonly id: string }

/**
 * The plan that sets back what a run did to the records of one sync: updates and retires get their
 * old values, what was created is retired (or removed, where the sync removes), what was removed is
 * created anew. A record that does not hold what the run wrote was changed since: it is left out,
 * and listed, as is one that nothing can retire.
 */
export async function undo(
  plan: SyncPlan,
  sync: Sync,
  { known, created }: { readonly known: ReadonlyMap<string, Known>; readonly created: Created },
  run: Run,
): Promise<SyncPlan> {
  const done = plan.changes.values().flatMap((change): readonly Done[] => {
    const id = doneUnder(known.get(change.key))
    const bound = bind(change, sync.target.types, created)
    return 'op' in bound && id !== undefined ? [{ ...bound, id }] : []
  })
  const changes = packer<Change>()
  const skipped: Skip[] = []
  for await (const { item: change, now } of withRecords(done, ({ id }) => id, sync.target, run)) {
    const back = reverse(change, now, sync)
    if (typeof back === 'string') skipped.push({ key: change.key, id: change.id, reason: back })
    else if (Object.keys(back.fields).length > 0) changes.add(back)
  }
  return withWords(
    possiblePlan({ ...plan, changes: changes.rows(), skipped, notices: [], excesses: [] }, sync.target),
    sync,
  )
}

/** The change that undoes one, without fields where nothing is left to undo; why there is none. */
function reverse(change: Done, now: Existing | undefined, { target, rules }: Sync): Change | keyof typeof REASONS {
  const { op, key, id, name, fields } = change
  const called = name === undefined ? {} : { name }
  const old = Object.entries(fields).map(([field, { from }]) => [field, from] as const)
  if (op === 'remove' && now === undefined)
    return { op: 'create', key, ...called, fields: toward(old, {}), reason: 'undo' }
  if (now === undefined || op === 'remove' || differingFields(change, 'to', now, target.types).length > 0)
    return 'changed-since'
  const { retire } = rules
  const of = { key, id, ...called, ...(now.version !== undefined && { version: now.version }), reason: 'undo' }
  if (op === 'create' && retire === 'remove') return { ...of, op: 'remove', fields: removal(now.fields) }
  if (op === 'create' && retire === undefined) return 'no-retire'
  const back = toward(op === 'create' ? Object.entries(retire ?? {}) : old, now.fields)
  const due = new Set(differingFields({ fields: back }, 'to', now, target.types))
  return {
    ...of,
    op: op === 'create' ? 'retire' : 'update',
    fields: Object.fromEntries(Object.entries(back).filter(([field]) => due.has(field))),
  }
}

const toward = (values: readonly (readonly [string, Json])[], now: Existing['fields']): Change['fields'] =>
  Object.fromEntries(values.map(([field, to]) => [field, { from: now[field] ?? null, to }]))
