import { limited } from '../compare/compare.ts'
import { withWords } from '../compare/words.ts'
import { same } from '../field-types.ts'
import type { Known } from '../outcome.ts'
import type { Change, Skip, SyncPlan } from '../plan/plan.ts'
import { present } from './current.ts'
import { bind, type Created } from './bind.ts'
import type { Existing, Run, Sync } from '../types.ts'

/**
 * The plan that sets back what a run did to the records of one sync: updates and retires get their
 * old values, creates are retired, never deleted. A record that does not hold what the run wrote
 * was changed since: it is left out, and listed.
 */
export async function undo(
  plan: SyncPlan,
  sync: Sync,
  { known, created }: { readonly known: ReadonlyMap<string, Known>; readonly created: Created },
  run: Run,
): Promise<SyncPlan> {
  const done = plan.changes.flatMap((change): readonly (Change & { id: string })[] => {
    const state = known.get(change.key)
    const bound = bind(change, sync.target.types, created)
    return 'op' in bound && state?.kind === 'outcome' && state.outcome.status === 'done'
      ? [{ ...bound, id: state.outcome.id }]
      : []
  })
  const changes: Change[] = []
  const skipped: Skip[] = []
  for await (const { item: change, now: found } of present(done, ({ id }) => id, sync.target, run)) {
    const { key, id } = change
    const fields = found && reverse(change, found, sync)
    if (fields === undefined) skipped.push({ key, id, reason: 'changed-since' })
    else if (Object.keys(fields).length > 0)
      changes.push({ op: change.op === 'create' ? 'retire' : 'update', key, id, fields, reason: 'undo' })
  }
  return limited(withWords({ ...plan, changes, skipped, notices: [] }, sync), sync)
}

/** The fields that undo a change; undefined where the record is not as the change left it. */
function reverse(change: Change, { fields: now }: Existing, { target, rules }: Sync): Change['fields'] | undefined {
  const entries = Object.entries(change.fields)
  const typeOf = (field: string) => target.types[field]
  if (entries.some(([field, { to }]) => !same(typeOf(field), now[field], to))) return undefined
  const back =
    change.op === 'create'
      ? Object.entries(rules.retire ?? {})
      : entries.map(([field, { from }]) => [field, from] as const)
  return Object.fromEntries(
    back.flatMap(([field, to]) =>
      same(typeOf(field), now[field], to) ? [] : [[field, { from: now[field] ?? null, to }]],
    ),
  )
}
