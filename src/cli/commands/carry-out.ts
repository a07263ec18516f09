import { messageOf, ZdsError } from '../../core/errors.ts'
import { applyStage, tellObservers } from '../../core/run/engine.ts'
import type { Desires, Journal, RunStatus } from '../../core/state/journal.ts'
import type { Outcome } from '../../core/outcome.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { redact } from '../../core/secrets.ts'
import { stages, syncsOf } from '../../core/config/stages.ts'
import type { Config } from '../../core/types.ts'
import { documentOf } from './planning.ts'
import { reportLines, reportOf, shown, type Report } from '../render/report.ts'
import { lookOf, print, tell, type Session } from '../session.ts'
import { runTasks } from '../render/tasks.ts'
import { number } from '../render/text.ts'

/** A plan that was agreed to, and the run in whose name it is carried out. */
export type Work = {
  readonly plan: Plan
  readonly run: string
  readonly journal: Journal
  readonly forced: boolean
  /** True for the rest of a run that had stopped. */
  readonly resumed: boolean
}

/**
 * Carries out a plan, writes everything down, tells the observers, and prints the report. Returns
 * the exit code.
 */
export async function carryOut(
  work: Work,
  session: Session,
  options: { json?: true; all?: true; redact?: true },
): Promise<number> {
  const { plan, run, journal, forced } = work
  const { engine, terminal } = session
  const outcomes = new Map<string, readonly Outcome[]>()
  const planned = new Map(plan.syncs.map((sync) => [sync.name, sync]))
  const finish = async (status: RunStatus): Promise<Report> => {
    // A run that somebody goes on with is not over: whoever ends it tells of all of it. So does
    // whoever goes on with one that is killed here.
    if ((status === 'done' || status === 'abandoned') && journal.claimTelling(run, engine.clock.now())) {
      await tellObservers((observer, lent) => observer.applied?.(plan, outcomes, lent), engine, warn)
    }
    journal.end(run, status, engine.clock.now())
    const report = reportOf(run, plan, outcomes, forced)
    const told = shown(report, options.redact)
    if (options.json) process.stdout.write(redact(documentOf(told)))
    else print(reportLines(told, lookOf(options.all ?? false)))
    return report
  }
  try {
    await runTasks(
      stages(engine.config).filter((stage) => stage.kind === 'apply'),
      async (stage, watch, signal) => {
        const sync = planned.get(stage.name)
        if (sync === undefined || sync.changes.length === 0) return 'nothing to do'
        const seen = new Map<string, Outcome>()
        try {
          for await (const outcome of applyStage(stage, sync, { ...engine, signal }, watch, {
            journal,
            run,
            outcomes,
          })) {
            seen.set(outcome.key, outcome)
            watch.progress(`${number(seen.size)} of ${number(sync.changes.length)} changes`)
          }
        } finally {
          outcomes.set(stage.name, [...seen.values()])
        }
        const done = [...seen.values()].filter(({ status }) => status === 'done').length
        return `${number(done)} of ${number(sync.changes.length)} done`
      },
      engine.signal,
      terminal,
    )
    journal.count(desires(plan, engine.config), run, engine.clock.now())
    return exitCode(await finish('done'))
  } catch (error) {
    await finish(engine.signal.aborted ? 'interrupted' : givenUp(work) ? 'abandoned' : 'failed')
    throw engine.signal.aborted ? stopped(error) : error
  }
}

/** What each sync of a plan desires, and where. */
function desires({ syncs }: Plan, config: Config): Desires[] {
  const known = syncsOf(config)
  return syncs.map(({ name, desired }) => ({ sync: name, address: known.get(name)?.target.address?.() ?? '', desired }))
}

/**
 * What fails twice fails for a reason: the next apply makes a new plan instead of trying the old
 * one for ever. Unless something was sent of which nobody knows what became: that has to be settled
 * first.
 */
function givenUp({ resumed, plan, run, journal }: Work): boolean {
  return (
    resumed &&
    plan.syncs.every(({ name }) =>
      journal
        .known(run, name)
        .values()
        .every(({ kind }) => kind === 'outcome'),
    )
  )
}

function stopped(cause: unknown): ZdsError {
  return new ZdsError('INTERRUPTED', messageOf(cause), {
    cause,
    hint: 'What is done stays done. Run zds apply again to go on with the rest of this plan, or zds apply --new to start afresh.',
  })
}

/** What concerns nobody's data: told, and forgotten. */
export const warn = (message: string): void => tell([`Warning: ${message}`])

/** 4: some changes failed; 5: some were stale; 0: all done. */
function exitCode({ syncs }: Report): number {
  if (syncs.some(({ failed, notAttempted, contactsFailed }) => failed > 0 || notAttempted > 0 || contactsFailed > 0))
    return 4
  return syncs.some(({ stale }) => stale > 0) ? 5 : 0
}
