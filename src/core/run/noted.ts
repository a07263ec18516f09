import { runChannel } from '../channels.ts'
import { errorCode, messageOf, ZdsError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
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

/** Tells the observers that no plan can be made, notes why, and throws it. */
export async function notPlanned(run: string, shared: Shared, error: unknown): Promise<never> {
  const failure = { run, error, at: shared.clock.now().toISOString() }
  if (!shared.signal.aborted) await tellObservers((observer, lent) => observer.notPlanned?.(failure, lent), shared)
  return noteError(run, shared, error)
}

/** Carries a plan out, and notes why it was refused (by `run`), or ended before its end. */
export async function notedReport(
  run: string,
  plan: Plan,
  shared: Shared,
  carryOut: () => Promise<Report>,
): Promise<Report> {
  const report = await carryOut().catch((error: unknown) => noteError(run, shared, error, plan))
  if (report.error !== undefined) await noteError(report.run, shared, report.error, plan).catch(() => undefined)
  return report
}

/** Notes an error and throws it. Where even that cannot be written, the error itself says more. */
async function noteError(run: string, shared: Shared, error: unknown, plan?: Plan): Promise<never> {
  const code = errorCode(error)
  const kind = REFUSALS.has(code) ? 'refused' : 'failed'
  const said = { kind, ...(plan && ofPlan(plan)), code, message: redact(wordsOf(error)) } as const
  await note(run, shared, said).catch(() => undefined)
  throw error
}

/** So many of several problems are remembered. */
const MOST = 20

/** An error in one line: what it says, and each problem with its place. */
function wordsOf(error: unknown): string {
  const issues = error instanceof ZdsError ? error.issues : []
  const told = issues.slice(0, MOST).map(({ where, message }) => (where === '' ? message : `${where}: ${message}`))
  return [messageOf(error), ...told, ...(issues.length > MOST ? ['…'] : [])].join('; ')
}

const ofPlan = ({ digest, syncs }: Plan) => ({
  digest,
  changes: syncs.reduce((sum, { changes }) => sum + changes.length, 0),
})

async function note(
  run: string,
  { state, clock }: Shared,
  { kind, digest, changes, code, message }: Pick<RunEvent, 'kind'> & Partial<RunEvent>,
): Promise<void> {
  const at = clock.now().toISOString()
  await state.journal.note({ run, kind, at, asOf: clock.today, digest, changes, code, message })
}
