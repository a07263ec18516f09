import type { Clock } from '../../core/clock.ts'
import type { Journal, RunRecord } from '../../core/state/journal.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { tell, type Session } from '../session.ts'

/** A plan older than this says too little about today: what it left open is planned anew. */
const WITHIN_MS = 24 * 3_600_000

/** The newest run, if it stopped before every change was attempted and is recent. */
export function unfinished(journal: Journal, clock: Clock): RunRecord | undefined {
  const [newest] = journal.runs()
  if (newest === undefined || newest.status === 'done' || newest.status === 'abandoned') return undefined
  return clock.now().getTime() - Date.parse(newest.startedAt) > WITHIN_MS ? undefined : newest
}

/**
 * The run to go on with: the unfinished one, unless a saved plan is another one, the configuration
 * has changed since, or a fresh start is asked for. Then it is abandoned: what it has done shows in
 * the next plan.
 */
export function restOf(
  run: RunRecord | undefined,
  { saved, afresh }: { readonly saved: Plan | undefined; readonly afresh: boolean },
  journal: Journal,
  { project, engine }: Session,
): { id: string; forced: boolean; plan: Plan } | undefined {
  const plan = run && journal.plan(run.id)
  if (run === undefined || plan === undefined) return undefined
  const same = plan.config === project.fingerprint && (saved === undefined || saved.digest === plan.digest)
  if (same && !afresh) return { id: run.id, forced: run.forced, plan }
  const why = afresh
    ? 'a fresh start was asked for'
    : saved === undefined
      ? 'the configuration has changed since'
      : 'another plan was given'
  tell([`Run ${run.id} stopped before it was done, and is not gone on with: ${why}.`])
  journal.end(run.id, 'abandoned', engine.clock.now())
  return undefined
}
