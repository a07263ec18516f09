import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { ZdsError, type Issue } from '../../core/errors.ts'
import { tellObservers } from '../../core/run/engine.ts'
import { sqliteJournal, type Approval, type Journal, type RunRecord } from '../../core/state/journal.ts'
import { sqliteLocks, userName, type Hold } from '../../core/state/locks.ts'
import type { Excess, Plan } from '../../core/plan/plan.ts'
import { carryOut, warn } from './carry-out.ts'
import { checkReady, documentOf, makePlan } from './planning.ts'
import { shownLines } from '../render/numbers.ts'
import { hasChanges, reportOf, shown } from '../render/report.ts'
import { lookOf, open, print, stateFile, tell, type Session } from '../session.ts'
import { readPlan } from './show.ts'
import { restOf, unfinished } from './unfinished.ts'

export type ApplyOptions = {
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
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<number> {
  if (file === undefined && !options.yes && !options.resume && !(process.stdin.isTTY && process.stderr.isTTY))
    throw unapproved()
  const path = file === undefined ? undefined : resolve(file)
  const session = await open(options, signal)
  const journal = sqliteJournal(stateFile(session))
  try {
    const saved = path === undefined ? undefined : await savedPlan(path, session)
    const rest = restOf(
      await stopped(session, journal, options),
      { saved, afresh: options.new ?? false },
      journal,
      session,
    )
    if (rest !== undefined) return await goOn(rest, session, journal, options)
    if (options.resume) {
      print(['There is no unfinished run to go on with.'])
      return 0
    }
    const plan = saved ?? (await makePlan(session))
    return await begin(plan, file, { session, journal, options, signal, saved: saved !== undefined })
  } finally {
    journal.close()
  }
}

/**
 * The run that stopped before it was done. One that another process carries out has not stopped: it
 * is waited for, as long as for a lock.
 */
async function stopped(session: Session, journal: Journal, options: ApplyOptions): Promise<RunRecord | undefined> {
  const run = unfinished(journal, session.engine.clock)
  const plan = run && journal.plan(run.id)
  if (run === undefined || plan === undefined) return undefined
  // Its locks are free when it has died, and when it is over by now.
  await locked(session, plan, run.id, options, () => Promise.resolve(0))
  return unfinished(journal, session.engine.clock)
}

/** Goes on with the plan of a run that stopped: it was agreed to then. */
async function goOn(
  run: { id: string; forced: boolean; plan: Plan },
  session: Session,
  journal: Journal,
  options: ApplyOptions,
): Promise<number> {
  tell([`Going on with run ${run.id}, which stopped before it was done. (zds apply --new starts afresh.)`])
  await checkReady(session)
  return locked(session, run.plan, run.id, options, (hold) => {
    journal.resume(run.id)
    return carryOut(
      { plan: run.plan, run: run.id, journal: guarded(journal, hold), forced: run.forced, resumed: true },
      session,
      options,
    )
  })
}

type Beginning = {
  readonly session: Session
  readonly journal: Journal
  readonly options: ApplyOptions
  readonly signal: AbortSignal
  /** True for a plan from a file: it was looked at before. */
  readonly saved: boolean
}

async function begin(plan: Plan, file: string | undefined, beginning: Beginning): Promise<number> {
  const { session, journal, options, signal, saved } = beginning
  if (!saved && !options.json) print(shownLines(plan, lookOf(options.all ?? false), options.redact))
  const approval = await passLimits(plan, file, session, options)
  if (!hasChanges(plan)) {
    const report = reportOf(session.run, plan, new Map(), options.force ?? false)
    if (options.json) process.stdout.write(documentOf(shown(report, options.redact)))
    else if (saved) print(['Nothing to do'])
    return 0
  }
  if (!saved && !options.yes && !(await agreed(signal))) {
    tell(['Nothing was changed.'])
    return 0
  }
  if (saved) await checkReady(session)
  const forced = options.force ?? false
  return locked(session, plan, session.run, options, (hold) => {
    journal.begin({ id: session.run, plan, forced, at: session.engine.clock.now(), approval })
    return carryOut(
      { plan, run: session.run, journal: guarded(journal, hold), forced, resumed: false },
      session,
      options,
    )
  })
}

/** One apply at a time for each instance that the plan writes to. */
async function locked(
  session: Session,
  plan: Plan,
  run: string,
  options: ApplyOptions,
  work: (hold: Hold) => Promise<number>,
): Promise<number> {
  const { clock, signal } = session.engine
  const locks = sqliteLocks(stateFile(session))
  const instances = [...new Set(plan.syncs.filter(({ changes }) => changes.length > 0).map(({ target }) => target))]
  try {
    const hold = await locks.take(instances, run, { waitMs: (options.lockTimeout ?? 0) * 1000, clock, signal })
    try {
      return await work(hold)
    } finally {
      hold.giveBack()
    }
  } finally {
    locks.close()
  }
}

/**
 * Nothing is sent without the lock: what is about to be sent is written down first, and looked at
 * here.
 */
function guarded(journal: Journal, hold: Hold): Journal {
  return {
    ...journal,
    record: (run, sync, steps, at) => {
      journal.record(run, sync, steps, at)
      if (steps.some(({ status }) => status === 'sending')) hold.check()
    },
  }
}

function unapproved(): ZdsError {
  return new ZdsError('NEEDS_APPROVAL', 'Without a terminal nobody can agree to a plan that was not made yet', {
    hint: 'Give the file of a plan (zds plan --out FILE, then zds apply FILE), or --yes to carry out whatever the plan is within its limits.',
  })
}

async function savedPlan(path: string, { project }: Session): Promise<Plan> {
  const plan = await readPlan(path)
  if (plan.config === project.fingerprint) return plan
  throw new ZdsError('PLAN_STALE', `${path} was made with another configuration`, {
    hint: 'Make a new one: zds plan --out FILE',
  })
}

/**
 * Refuses a plan beyond its limits, unless this very plan was approved or everything is forced.
 * Returns who took it upon themselves.
 */
async function passLimits(
  plan: Plan,
  file: string | undefined,
  session: Session,
  options: ApplyOptions,
): Promise<Approval | undefined> {
  const excesses = plan.syncs.flatMap(({ name, excesses: found }) =>
    found.map((excess): Issue => ({
      code: 'LIMIT_EXCEEDED',
      where: name,
      message: options.redact ? excess.message : withExamples(excess),
    })),
  )
  if (options.approve !== undefined && options.approve !== plan.digest) {
    throw new ZdsError(
      'LIMIT_EXCEEDED',
      `The approval is for the plan ${options.approve.slice(0, 12)}…, and this one is ${plan.digest}`,
      {
        hint: 'Look at this plan; what was approved is another one.',
      },
    )
  }
  if (excesses.length === 0) return undefined
  if (options.force || options.approve !== undefined) return { by: userName(), because: options.because }
  await tellObservers((observer, run) => observer.refused?.(plan, run), session.engine, warn)
  throw new ZdsError('LIMIT_EXCEEDED', 'The plan goes beyond its limits, so nothing was changed', {
    issues: excesses,
    hint: approvalHint(plan, file),
  })
}

const withExamples = ({ message, examples, count }: Excess): string =>
  examples.length === 0 ? message : `${message}: ${examples.join(', ')}${examples.length < count ? ', …' : ''}`

function approvalHint(plan: Plan, file: string | undefined): string {
  const approve = `zds apply ${file ?? 'FILE'} --approve ${plan.digest}`
  if (file !== undefined) return `Look at it (zds show ${file} --all). If it is right: ${approve}`
  return `Look at it: zds plan --all --out FILE. If it is right: ${approve}  (zds apply --force would pass every limit unseen.)`
}

async function agreed(signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // While it reads a line, the terminal gives Ctrl+C as a key, not as a signal.
  terminal.once('SIGINT', () => process.emit('SIGINT'))
  try {
    const answer = await terminal.question('\nCarry it out? Only "yes" does: ', { signal })
    return answer.trim().toLowerCase() === 'yes'
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && error.name === 'AbortError') return false // Ctrl+D: no answer is no agreement
    throw error
  } finally {
    terminal.close()
  }
}
