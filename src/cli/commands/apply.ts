import { resolve } from 'node:path'
import { refuse, ZdsError } from '../../core/errors.ts'
import { changeCount, type Plan } from '../../core/plan/plan.ts'
import type { ApplyAsked } from '../../core/run/apply-run.ts'
import type { RunWatch } from '../../core/engine.ts'
import { assertGoesOn, type Rest } from '../../core/run/history.ts'
import type { Report } from '../../core/run/report.ts'
import { UNWATCHED } from '../../core/run/schedule.ts'
import { asCalled } from '../called.ts'
import { exitCodeOfReport } from '../exit-codes.ts'
import { lookOf, print, printDocument, tell, warn } from '../output.ts'
import { answerTo, isAttended } from '../question.ts'
import { explainFailure } from '../render/failure.ts'
import { lookCommands } from '../render/plan/looks.ts'
import { shownLines } from '../render/plan/screen.ts'
import { overviewOf } from '../render/plan/overview.ts'
import { placeLines, placesText, totalsText } from '../render/plan/places.ts'
import { reportDocument, reportLines } from '../render/report.ts'
import { watched } from '../render/tasks.ts'
import { plain } from '../render/text.ts'
import { inSession, type Session } from '../session.ts'
import { shortDigest } from '../../core/telling.ts'
import { readPlan } from '../plan-file.ts'

export type ApplyCommandOptions = {
  config?: string
  env?: string
  asOf?: string
  json?: true
  yes?: true
  force?: true
  all?: true
  redact?: true
  new?: true
  resume?: true
  approve?: string
  because?: string
  lockTimeout?: number
}

/**
 * `zds apply`: goes on with a run that stopped, carries out a saved plan, or plans now and carries
 * that out.
 */
export async function applyCommand(
  file: string | undefined,
  options: ApplyCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  refuseMeaningless(file, options)
  if (file === undefined && !options.yes && !options.resume && !isAttended()) throw unapproved()
  const path = file === undefined ? undefined : resolve(file)
  return inSession(options, signal, async (session) => {
    const { engine } = session
    const saved = path === undefined ? undefined : await readPlan(path)
    const waitMs = (options.lockTimeout ?? 0) * 1000
    const asked = { saved, afresh: options.new ?? false, waitMs }
    for (let rest; (rest = await engine.rest(asked)) !== undefined;) {
      if (options.resume) assertGoesOn(rest)
      if (rest.left === undefined) return goOn(rest, session, options, signal)
      tell([`Run ${rest.run.id} stopped before it was done, and is not gone on with: ${rest.left}.`])
      await engine.abandon(rest, { waitMs, left: options.new ?? false }, WARNED)
    }
    if (options.resume) {
      const say = options.json ? tell : print
      say(['There is no unfinished run to go on with.'])
      return 0
    }
    return saved === undefined ? planAndApply(session, options, signal) : applySaved(saved, file, session, options)
  })
}

/** Of what is given up, only what went wrong is told. */
const WARNED: RunWatch = { ...UNWATCHED, warn: (message) => warn(plain(message)) }

/** Throws USAGE for what would do nothing beside the rest: whoever gives it expects something. */
function refuseMeaningless(file: string | undefined, options: ApplyCommandOptions): void {
  const { resume, approve, force, because } = options
  const agreed = 'its plan and what was agreed to are those of the run'
  const resumed = (['new', 'force', 'approve', 'because', 'asOf'] as const).filter(
    (name) => options[name] !== undefined,
  )
  const found = [
    ...(resume && file !== undefined ? [[file, agreed]] : []),
    ...(resume ? resumed.map((name) => [`--${name === 'asOf' ? 'as-of' : name}`, agreed]) : []),
    ...(because !== undefined && !resume && !approve && !force
      ? [['--because', 'it goes with --approve or --force']]
      : []),
  ]
  const issues = found.map(([where = '', why]) => ({ code: 'USAGE', where, message: `means nothing here: ${why}` }))
  refuse('USAGE', `zds apply${resume ? ' --resume' : ''} was given what means nothing`, issues)
}

/**
 * Goes on with the plan of a run that stopped: it was agreed to then, and is agreed to again where
 * somebody is asked.
 */
async function goOn(
  rest: Rest,
  { engine }: Session,
  options: ApplyCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const stopped = `Going on with run ${rest.run.id}, which stopped before it was done.`
  tell([asCalled(`${stopped} (zds apply --new starts afresh.)`)])
  if (
    !options.yes &&
    !options.resume &&
    isAttended() &&
    !(await agreed(await restLine(rest, engine), rest.plan, signal))
  )
    return declined()
  const waitMs = (options.lockTimeout ?? 0) * 1000
  return told(await watched((watch) => engine.resume(rest, { waitMs }, watch)), options)
}

async function restLine({ run, plan }: Rest, { shared }: Session['engine']): Promise<string> {
  const done = await shared.state.journal.done(run.id)
  const where = placesText(overviewOf(plan))
  return `${done} of ${run.changes} changes of the plan as of ${plan.asOf} are done. Go on with the rest in ${where}?`
}

async function applySaved(
  plan: Plan,
  file: string | undefined,
  { engine }: Session,
  options: ApplyCommandOptions,
): Promise<number> {
  const before = await engine.carriedOut(plan)
  if (before !== undefined) {
    const { id, startedAt, endedAt = startedAt } = before
    const report = await engine.report(id)
    if (!options.json) print([`This plan was carried out by run ${id} at ${endedAt}: nothing to do.`])
    // What failed then has not become well: a job that is tried again ends as it did.
    return options.json || exitCodeOfReport(report) !== 0 ? told(report, options) : 0
  }
  const report = await watched((watch) => engine.apply(plan, askedBy(options), watch)).catch((error: unknown) => {
    throw withApproval(error, plan, { file }, options)
  })
  return toldOrIdle(report, options)
}

/** Prints the report; of one that had nothing to do, that. */
export function toldOrIdle(report: Report, options: ApplyCommandOptions): number {
  if (!isIdle(report) || options.json) return told(report, options)
  print(['Nothing to do'])
  return 0
}

/** Nothing to do, and nothing that was left undone. */
const isIdle = ({ syncs }: Report): boolean => syncs.every(({ planned, heldBack }) => planned + heldBack === 0)

async function planAndApply({ engine }: Session, options: ApplyCommandOptions, signal: AbortSignal): Promise<number> {
  const plan = await watched((watch) => engine.plan({}, watch))
  if (!options.json) print(shownLines(plan, lookOf(options.all ?? false), options.redact))
  const within =
    options.force || options.approve !== undefined || plan.syncs.every(({ excesses }) => excesses.length === 0)
  if (within && changeCount(plan) > 0 && !options.yes && !(await agreed(totalsText(overviewOf(plan)), plan, signal)))
    return declined()
  const report = await watched((watch) => engine.apply(plan, askedBy(options), watch)).catch((error: unknown) => {
    throw withApproval(error, plan, {}, options)
  })
  return !isIdle(report) || options.json ? told(report, options) : 0
}

export const askedBy = ({ force, approve, because, lockTimeout = 0 }: ApplyCommandOptions): ApplyAsked => ({
  force,
  approve,
  because,
  waitMs: lockTimeout * 1000,
})

/** Prints the report, and after it why the run ended before its end, where it did. */
function told(report: Report, { json, redact, all }: ApplyCommandOptions): number {
  if (json) printDocument(reportDocument(report, redact))
  else print(reportLines(report, lookOf(all ?? false), redact))
  return report.error === undefined ? exitCodeOfReport(report) : explainFailure(report.error)
}

function declined(): number {
  tell(['Nothing was changed.'])
  return 0
}

function unapproved(): ZdsError {
  return new ZdsError('NEEDS_APPROVAL', 'Without a terminal nobody can agree to a plan that was not made yet', {
    hint: 'Give the file of a plan (zds plan --out FILE, then zds apply FILE), or --yes to carry out whatever the plan is within its limits.',
  })
}

/**
 * A refusal for a limit, with what to do about it: the command, whole. `again` is the command that
 * was refused.
 */
export function withApproval(
  error: unknown,
  plan: Plan,
  { file, again = `zds apply ${file ?? 'FILE'}` }: { readonly file?: string | undefined; readonly again?: string },
  { redact, asOf, approve }: ApplyCommandOptions,
): unknown {
  if (!(error instanceof ZdsError) || error.code !== 'LIMIT_EXCEEDED' || approve !== undefined) return error
  const day = asOf === undefined ? '' : ` --as-of ${asOf}`
  const command = `${again} --approve ${shortDigest(plan)}${day}`
  const looks = file === undefined ? [`zds plan --all${day} --out FILE`] : lookCommands(plan, file)
  const force = file === undefined ? '\n(zds apply --force would pass every limit unseen.)' : ''
  const hint = `Look at it:\n  ${looks.join('\n  ')}\nIf it is right:\n  ${command}${force}`
  // Keys of records come after a colon.
  const issues = redact
    ? error.issues.map((issue) => ({ ...issue, message: issue.message.replace(/: .*/s, '') }))
    : error.issues
  return new ZdsError(error.code, error.message, { cause: error, issues, hint })
}

/** Asks whoever sits there, below where it would be done. No answer is no agreement. */
async function agreed(question: string, plan: Plan, signal: AbortSignal): Promise<boolean> {
  tell(['', ...placeLines(overviewOf(plan))])
  return (await answerTo(`${question} Only "yes" does: `, signal))?.toLowerCase() === 'yes'
}
