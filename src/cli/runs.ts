import { ZdsError } from '../core/errors.ts'
import type { Journal, Known } from '../core/journal.ts'
import type { Change, Plan } from '../core/plan.ts'

/** The plan of a run, named by its id or `last`. Throws USAGE for a run that is not in the journal. */
export function planOf(journal: Journal, asked: string): { readonly id: string; readonly plan: Plan } {
  const runs = journal.runs()
  const run = asked === 'last' ? runs[0] : runs.find(({ id }) => id === asked)
  const plan = run && journal.plan(run.id)
  if (run !== undefined && plan !== undefined) return { id: run.id, plan }
  throw new ZdsError('USAGE', `There is no run ${asked} in the journal`, { hint: 'zds status lists the runs; `last` is the newest.' })
}

/** Every change of a run with how far it has come. */
export function* changesOf(journal: Journal, id: string, plan: Plan): Iterable<{ sync: string; change: Change; known: Known | undefined }> {
  for (const { name: sync, changes } of plan.syncs) {
    const known = journal.known(id, sync)
    for (const change of changes) yield { sync, change, known: known.get(change.key) }
  }
}
