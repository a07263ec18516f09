import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { messageOf, ZdsError, type Issue } from '../core/errors.ts'
import { applyStage, tellObservers } from '../core/execute.ts'
import { sqliteJournal, type RunStatus } from '../core/journal.ts'
import type { Outcome } from '../core/outcome.ts'
import { parsePlan } from '../core/plan-schema.ts'
import type { Plan } from '../core/plan.ts'
import { redact } from '../core/secrets.ts'
import { stages } from '../core/stages.ts'
import { documentOf, makePlan } from './planning.ts'
import { hasChanges, reportLines, reportOf, type Report } from './report.ts'
import { lookOf, open, print, tell, type Session } from './session.ts'
import { planLines } from './summary.ts'
import { runTasks } from './tasks.ts'
import { number } from './text.ts'

export type ApplyOptions = { config?: string; envFile?: string; asOf?: string; json?: true; yes?: true; force?: true; all?: true }

/** `zds apply`: carries out a saved plan, or plans now and carries that out. */
export async function applyCommand(file: string | undefined, options: ApplyOptions, signal: AbortSignal): Promise<number> {
  if (file === undefined && !options.yes && !(process.stdin.isTTY && process.stderr.isTTY)) throw unapproved()
  const path = file === undefined ? undefined : resolve(file)
  const session = await open(options, signal)
  const plan = path === undefined ? await makePlan(session) : await savedPlan(path, session)

  if (path === undefined && !options.json) print(planLines(plan, lookOf(options.all ?? false)))
  const excesses = options.force ? [] : excessesOf(plan)
  if (excesses.length > 0) {
    await tellObservers((observer, run) => observer.refused?.(plan, run), session.engine, warn)
    throw beyondLimits(excesses, file)
  }
  if (!hasChanges(plan)) {
    if (options.json) process.stdout.write(documentOf(reportOf(session.run, plan, new Map(), options.force ?? false)))
    else if (path !== undefined) print(['Nothing to do'])
    return 0
  }
  if (path === undefined && !options.yes && !(await agreed(signal))) {
    tell(['Nothing was changed.'])
    return 0
  }
  return carryOut(plan, session, path === undefined, options)
}

function unapproved(): ZdsError {
  return new ZdsError('NEEDS_APPROVAL', 'Without a terminal nobody can agree to a plan that was not made yet', {
    hint: 'Give the file of a plan (zds plan --out FILE, then zds apply FILE), or --yes to carry out whatever the plan is within its limits.',
  })
}

async function savedPlan(path: string, { project }: Session): Promise<Plan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZdsError('FILE_NOT_FOUND', `The plan ${path} cannot be read`, { cause, hint: 'Make one with: zds plan --out FILE' })
  })
  const plan = parsePlan(text, path)
  if (plan.config === project.fingerprint) return plan
  throw new ZdsError('PLAN_STALE', `${path} was made with another configuration`, { hint: 'Make a new one: zds plan --out FILE' })
}

function excessesOf(plan: Plan): Issue[] {
  return plan.syncs.flatMap(({ name, excesses }) =>
    excesses.map(({ message }): Issue => ({ code: 'LIMIT_EXCEEDED', where: name, message })),
  )
}

function beyondLimits(issues: readonly Issue[], file: string | undefined): ZdsError {
  return new ZdsError('LIMIT_EXCEEDED', 'The plan goes beyond its limits, so nothing was changed', {
    issues,
    hint: `Look at it (zds plan --all). If it is right: zds apply ${file ?? '--yes'} --force`,
  })
}

/** What concerns nobody's data: told, and forgotten. */
const warn = (message: string): void => tell([`Warning: ${message}`])

async function agreed(signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question('\nCarry it out? Only "yes" does: ', { signal })
    return answer.trim().toLowerCase() === 'yes'
  } finally {
    terminal.close()
  }
}

async function carryOut(plan: Plan, session: Session, fresh: boolean, options: ApplyOptions): Promise<number> {
  const { engine, run, terminal } = session
  const forced = options.force ?? false
  const journal = sqliteJournal(join(session.state, 'state.db'))
  const outcomes = new Map<string, Outcome[]>()
  const planned = new Map(plan.syncs.map((sync) => [sync.name, sync]))
  const writing = stages(engine.config).filter((stage) => stage.kind === 'apply')
  const finish = async (status: RunStatus): Promise<Report> => {
    journal.end(run, status, engine.clock.now())
    if (status !== 'interrupted') await tellObservers((observer, lent) => observer.applied?.(plan, outcomes, lent), engine, warn)
    const report = reportOf(run, plan, outcomes, forced)
    if (options.json) process.stdout.write(redact(documentOf(report)))
    else print(reportLines(report, lookOf(options.all ?? false)))
    return report
  }
  try {
    journal.begin({ id: run, plan, forced, at: engine.clock.now() })
    await runTasks(
      writing,
      async (stage, watch, signal) => {
        const sync = planned.get(stage.name)
        if (sync === undefined || sync.changes.length === 0) return 'nothing to do'
        const seen: Outcome[] = []
        outcomes.set(stage.name, seen)
        for await (const outcome of applyStage(stage, sync, { ...engine, signal }, watch, { journal, run, fresh, outcomes })) {
          seen.push(outcome)
          watch.rows(seen.length)
        }
        return `${number(seen.filter(({ status }) => status === 'done').length)} of ${number(sync.changes.length)} done`
      },
      engine.signal,
      terminal,
    )
    return exitCode(await finish('done'))
  } catch (error) {
    await finish(engine.signal.aborted ? 'interrupted' : 'failed')
    throw engine.signal.aborted ? stopped(error, fresh) : error
  } finally {
    journal.close()
  }
}

/** A saved plan was made before its first half was done: the rest needs a new one. */
function stopped(cause: unknown, fresh: boolean): ZdsError {
  const rest = fresh ? 'run the same command again' : 'make a new plan (zds plan --out FILE)'
  return new ZdsError('INTERRUPTED', messageOf(cause), { cause, hint: `What is done stays done. For the rest, ${rest}.` })
}

/** 4: some changes failed; 5: some were stale; 0: all done. */
function exitCode({ syncs }: Report): number {
  if (syncs.some(({ failed, notAttempted }) => failed > 0 || notAttempted > 0)) return 4
  return syncs.some(({ stale }) => stale > 0) ? 5 : 0
}
