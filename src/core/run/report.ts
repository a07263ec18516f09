import type { Outcome, Outcomes, RunStatus } from '../outcome.ts'
import type { Many } from '../many.ts'
import { heldBack, type Change, type Plan } from '../plan/plan.ts'
import { wordCounts } from '../plan/numbers.ts'

/** A change that was not done, or not all of it. */
type FailedChange = {
  readonly key: string
  /** What people call the record. */
  readonly name?: string
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
  /** Sent, and nobody knows yet what became of them: whoever goes on with the run finds out. */
  readonly unknown: number
  /** How many of those that are done lack something that should have come along (SYN-03). */
  readonly partly: number
  /** Changes that the plan holds back because what was read is not proved complete (SAFE-13). */
  readonly heldBack: number
  /** How often each code occurs among the failures, the most frequent first. */
  readonly codes: { readonly [code: string]: number }
  /** Not where only numbers are told. */
  readonly failures?: readonly FailedChange[]
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
  unknown: ReadonlyMap<string, number> = new Map(),
): Report {
  const syncs = plan.syncs.map(({ name, changes, skipped }) => {
    const known = outcomes.get(name) ?? []
    const failures = known.filter((outcome) => outcome.status !== 'done')
    const stale = failures.filter(({ status: end }) => end === 'stale').length
    const told = [
      ...failures.map(({ key, status: end, code, message }) => ({ key, status: end, code, message })),
      ...known.flatMap(lacks),
    ]
    const names = namesOf(told, changes)
    return {
      name,
      planned: changes.length,
      done: known.length - failures.length,
      failed: failures.length - stale,
      stale,
      notAttempted: changes.length - known.length - (unknown.get(name) ?? 0),
      unknown: unknown.get(name) ?? 0,
      partly: known.filter((outcome) => lacks(outcome).length > 0).length,
      heldBack: heldBack({ skipped }),
      codes: wordCounts(told.map(({ code }) => code)),
      failures: told.map((failure) => ({ ...failure, ...names.get(failure.key) })),
    }
  })
  return { version: 1, digest: plan.digest, ...head, syncs }
}

/** What people call the records of some failures, by key. */
function namesOf(
  failures: readonly FailedChange[],
  changes: Many<Change>,
): ReadonlyMap<string, Pick<FailedChange, 'name'>> {
  const failed = new Set(failures.map(({ key }) => key))
  const names = new Map<string, Pick<FailedChange, 'name'>>()
  if (failed.size === 0) return names
  for (const { key, name } of changes) if (name && failed.has(key)) names.set(key, { name })
  return names
}

/** The numbers of a report, for those who may not see the records. */
export function reportNumbers(report: Report): Report {
  return { ...report, syncs: report.syncs.map(({ failures: _failures, ...numbers }) => numbers) }
}

/** What is missing of a change that is done. */
function lacks({ key, status, ...more }: Outcome): FailedChange[] {
  const partly = 'partly' in more ? more.partly : []
  return partly.map(({ code, message }) => ({ key, status, code, message }))
}
