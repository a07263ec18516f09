import type { Outcome, Outcomes, RunStatus } from '../outcome.ts'
import type { Plan } from '../plan/plan.ts'
import { countsOf } from '../plan/numbers.ts'

/** A change that was not done, or not all of it. */
type Failure = {
  readonly key: string
  readonly status: string
  readonly code: string
  readonly message: string
}

/** What became of the plan of one sync. */
export type SyncReport = {
  readonly name: string
  readonly planned: number
  readonly done: number
  readonly failed: number
  readonly stale: number
  readonly notAttempted: number
  /** People who should have come with a new record and did not (SYN-03). */
  readonly contactsFailed: number
  /** How often each code occurs among the failures, the most frequent first. */
  readonly codes: { readonly [code: string]: number }
  /** Not where only numbers are told. */
  readonly failures?: readonly Failure[]
}

/** What became of a plan: the document that `zds apply --json` prints. */
export type Report = {
  readonly version: 1
  readonly run: string
  readonly digest: string
  readonly status: RunStatus
  readonly forced: boolean
  readonly syncs: readonly SyncReport[]
  /** Why the run ended before its end, where it did. */
  readonly error?: unknown
}

export function reportOf(
  head: Pick<Report, 'run' | 'status' | 'forced' | 'error'>,
  plan: Plan,
  outcomes: Outcomes,
): Report {
  const syncs = plan.syncs.map(({ name, changes }) => {
    const known = outcomes.get(name) ?? []
    const failures = known.filter((outcome) => outcome.status !== 'done')
    const stale = failures.filter(({ status: end }) => end === 'stale').length
    const told = [
      ...failures.map(({ key, status: end, code, message }) => ({ key, status: end, code, message })),
      ...known.flatMap(withoutContacts),
    ]
    return {
      name,
      planned: changes.length,
      done: known.length - failures.length,
      failed: failures.length - stale,
      stale,
      notAttempted: changes.length - known.length,
      contactsFailed: known.reduce((sum, outcome) => sum + contactsFailed(outcome), 0),
      codes: countsOf(told.map(({ code }) => code)),
      failures: told,
    }
  })
  return { version: 1, digest: plan.digest, ...head, syncs }
}

/** The numbers of a report, for those who may not see the records. */
export function reportNumbers(report: Report): Report {
  return { ...report, syncs: report.syncs.map(({ failures: _failures, ...numbers }) => numbers) }
}

function contactsFailed(outcome: Outcome): number {
  const failed = outcome.status === 'done' ? outcome.facts?.['contactsFailed'] : undefined
  return typeof failed === 'number' ? failed : 0
}

/** A record that is there, and whose people are not. */
function withoutContacts(outcome: Outcome): Failure[] {
  const failed = contactsFailed(outcome)
  if (failed === 0) return []
  const people = failed === 1 ? '1 contact' : `${failed} contacts`
  const message = `It was created, but ${people} could not be added to it; add them by hand`
  return [{ key: outcome.key, status: outcome.status, code: 'contacts-not-added', message }]
}
