import type { Known } from '../../core/outcome.ts'
import { access, constants } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { assemble } from '../../core/run/engine.ts'
import { sqliteJournal, type Journal } from '../../core/state/journal.ts'
import type { SyncPlan } from '../../core/plan/plan.ts'
import type { Created } from '../../core/apply/bind.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { undo } from '../../core/apply/undo.ts'
import { checkReady, documentOf } from './planning.ts'
import { unsaved, writePrivately } from '../private-file.ts'
import { planOf } from './runs.ts'
import { lookOf, open, print, stateFile, tell } from '../session.ts'
import { planLines } from '../render/plan.ts'
import { plain } from '../render/text.ts'

export type UndoOptions = { config?: string; env?: string; out?: string; json?: true; all?: true }

/**
 * `zds undo RUN`: an ordinary plan that sets back what a run changed; it changes nothing itself.
 */
export async function undoCommand(run: string, options: UndoOptions, signal: AbortSignal): Promise<number> {
  const asked = options.out === undefined ? undefined : resolve(options.out)
  if (asked !== undefined) await access(dirname(asked), constants.W_OK).catch(unsaved(asked))
  const session = await open(options, signal)
  const { engine, project } = session
  const journal = sqliteJournal(stateFile(session))
  try {
    const { id, plan: done } = planOf(journal, run)
    await checkReady(session)
    const syncs = syncsOf(engine.config)
    const made: SyncPlan[] = []
    // The last to be written is the first to be set back.
    for (const plan of done.syncs.toReversed()) {
      const sync = syncs.get(plan.name)
      if (sync === undefined)
        tell([`Warning: the configuration has no sync ${plain(plan.name)} any more; what run ${id} did there stays.`])
      else
        made.push(
          await undo(
            plan,
            sync,
            { known: journal.known(id, plan.name), created: createdBy(journal, id) },
            { ...lent(engine), progress: (message) => tell([plain(message)]) },
          ),
        )
    }
    const plan = assemble(made, project.fingerprint, engine.clock)
    const out = asked ?? join(session.state, `undo-${id}.json`)
    await writePrivately(out, documentOf(plan)).catch(unsaved(out))
    if (options.json) process.stdout.write(documentOf(plan))
    else print(planLines(plan, lookOf(options.all ?? false)))
    tell(['', `To carry it out: zds apply ${out}`])
    return 0
  } finally {
    journal.close()
  }
}

/** The ids that records got which a run created. */
function createdBy(journal: Journal, run: string): Created {
  const known = new Map<string, ReadonlyMap<string, Known>>()
  return (sync, key) => {
    const states = known.get(sync) ?? journal.known(run, sync)
    known.set(sync, states)
    const state = states.get(key)
    return state?.kind === 'outcome' && state.outcome.status === 'done' ? state.outcome.id : undefined
  }
}

function lent({ signal, clock }: { signal: AbortSignal; clock: Parameters<typeof assemble>[2] }) {
  return {
    signal,
    clock,
    expect: () => undefined,
    input: () => {
      throw new Error('An undo reads records by their ids, not sources')
    },
  }
}
