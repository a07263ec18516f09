import { runChannel } from '../channels.ts'
import { errorCode, messageOf, ZdsError } from '../errors.ts'
import { changeCount, type Plan } from '../plan/plan.ts'
import { redact } from '../secrets.ts'
import type { RunEvent } from '../state/state.ts'
import { tellObservers } from './observers.ts'
import type { Report } from './report.ts'
import type { Shared } from './shared.ts'

/** What a refusal of a plan is called, before anything was sent. */
const REFUSALS: ReadonlySet<string> = new Set([
  'LIMIT_EXCEEDED',
  'NEEDS_APPROVAL',
  'PLAN_STALE',
  'PLAN_DATE',
  'PLAN_EXPIRED',
  'PLAN_INVALID',
  'PLAN_NOT_AUTHENTIC',
])

/** Makes a plan, and notes that it was made, or why not; observers are told of the latter. */
export async function notedPlan(run: string, shared: Shared, make: () => Promise<Plan>): Promise<Plan> {
  const plan = await runChannel
    .tracePromise(make, { run, part: 'plan' })
    .catch((error: unknown) => notPlanned(run, shared, error))
  await note(run, shared, { kind: 'planned', ...ofPlan(plan) })
  return plan
}

/** Stages of one run that fail for one reason, each in a job of its own, do so within this time. */
const TOGETHER_MS = 1_800_000

/**
 * Notes why no plan can be made, tells the observers of it unless another stage of the run has, and
 * throws it.
 */
export async function notPlanned(run: string, shared: Shared, error: unknown): Promise<never> {
  const { clock, signal, state } = shared
  const failure = { run, error, at: clock.now().toISOString() }
  const lately = await state.journal.noted(new Date(clock.now().getTime() - TOGETHER_MS)).catch(() => [])
  await noteError(run, shared, error)
  const told = lately.some((one) => one.run === run && one.code === errorCode(error) && one.digest === undefined)
  if (!told && !signal.aborted) await tellObservers((observer, lent) => observer.notPlanned?.(failure, lent), shared)
  throw error
}

/** Carries a plan out, and notes why it was refused (by `run`), or ended before its end. */
export async function notedReport(
  run: string,
  plan: Plan,
  shared: Shared,
  carryOut: () => Promise<Report>,
): Promise<Report> {
  const report = await carryOut().catch(async (error: unknown) => {
    await noteError(run, shared, error, plan)
    throw error
  })
  if (report.error !== undefined) await noteError(report.run, shared, report.error, plan)
  return report
}

/** Notes an error. Where even that cannot be written, the error itself says more. */
async function noteError(run: string, shared: Shared, error: unknown, plan?: Plan): Promise<void> {
  const code = errorCode(error)
  const kind = REFUSALS.has(code) ? 'refused' : 'failed'
  const said = { kind, ...(plan && ofPlan(plan)), code, message: redact(wordsOf(error)) } as const
  await note(run, shared, said).catch(() => undefined)
}

/** So many of several problems are remembered. */
const MOST = 20

/** An error in one line: what it says, and each problem with its place. */
function wordsOf(error: unknown): string {
  const issues = error instanceof ZdsError ? error.issues : []
  const told = issues.slice(0, MOST).map(({ where, message }) => (where === '' ? message : `${where}: ${message}`))
  return [messageOf(error), ...told, ...(issues.length > MOST ? ['…'] : [])].join('; ')
}

const ofPlan = (plan: Plan) => ({ digest: plan.digest, changes: changeCount(plan) })

async function note(
  run: string,
  { state, clock }: Shared,
  { kind, digest, changes, code, message }: Pick<RunEvent, 'kind'> & Partial<RunEvent>,
): Promise<void> {
  const at = clock.now().toISOString()
  await state.journal.note({ run, kind, at, asOf: clock.today, digest, changes, code, message })
}
