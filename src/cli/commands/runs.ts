import type { Known } from '../../core/outcome.ts'
import { limited } from '../../core/compare/compare.ts'
import { ZdsError } from '../../core/errors.ts'
import { assemble } from '../../core/run/engine.ts'
import { sqliteJournal, type Journal } from '../../core/state/journal.ts'
import type { Change, Plan } from '../../core/plan/plan.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { stateFile, type Session } from '../session.ts'

/**
 * The plan of a run, named by its id or `last`. Throws USAGE for a run that is not in the journal.
 */
export function planOf(journal: Journal, asked: string): { readonly id: string; readonly plan: Plan } {
  const runs = journal.runs()
  const run = asked === 'last' ? runs[0] : runs.find(({ id }) => id === asked)
  const plan = run && journal.plan(run.id)
  if (run !== undefined && plan !== undefined) return { id: run.id, plan }
  throw new ZdsError('USAGE', `There is no run ${asked} in the journal`, {
    hint: 'zds status lists the runs; `last` is the newest.',
  })
}

/** Every change of a run with how far it has come. */
export function* changesOf(
  journal: Journal,
  id: string,
  plan: Plan,
): Iterable<{ sync: string; change: Change; known: Known | undefined }> {
  for (const { name: sync, changes } of plan.syncs) {
    const known = journal.known(id, sync)
    for (const change of changes) yield { sync, change, known: known.get(change.key) }
  }
}

/**
 * What of `plan` concerns the changes of a run that were not done: failed, stale, or never
 * attempted.
 */
export function onlyUndone(plan: Plan, asked: string, session: Session): Plan {
  const journal = sqliteJournal(stateFile(session))
  try {
    const { id, plan: made } = planOf(journal, asked)
    const undone = new Set<string>()
    for (const { sync, change, known } of changesOf(journal, id, made)) {
      if (known?.kind !== 'outcome' || known.outcome.status !== 'done') undone.add(JSON.stringify([sync, change.key]))
    }
    const syncs = syncsOf(session.engine.config)
    const parts = plan.syncs.map((sync) => {
      const changes = sync.changes.filter(({ key }) => undone.has(JSON.stringify([sync.name, key])))
      return limited({ ...sync, changes }, syncs.get(sync.name)?.limits)
    })
    return assemble(parts, plan.config, session.engine.clock)
  } finally {
    journal.close()
  }
}
