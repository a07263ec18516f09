import type { Outcome, Outcomes } from '../../core/outcome.ts'
import type { Plan, SyncPlan } from '../../core/plan/plan.ts'
import { countsOf } from '../../core/plan/numbers.ts'
import { counted, number, plain, wrapped } from './text.ts'
import type { Look } from './plan.ts'

const EXAMPLES = 10

/** The document that `zds apply --json` prints. */
export type Report = {
  readonly version: 1
  readonly run: string
  readonly digest: string
  readonly forced: boolean
  readonly syncs: readonly {
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
    /** Not in a redacted report. */
    readonly failures?: readonly {
      readonly key: string
      readonly status: string
      readonly code: string
      readonly message: string
    }[]
  }[]
}

export function reportOf(run: string, plan: Plan, outcomes: Outcomes, forced: boolean): Report {
  const syncs = plan.syncs.map((sync) => {
    const known = outcomes.get(sync.name) ?? []
    const failures = known.filter((outcome) => outcome.status !== 'done')
    const stale = failures.filter(({ status }) => status === 'stale').length
    const told = [
      ...failures.map(({ key, status, code, message }) => ({ key, status, code, message })),
      ...known.flatMap(withoutContacts),
    ]
    return {
      name: sync.name,
      planned: sync.changes.length,
      done: known.length - failures.length,
      failed: failures.length - stale,
      stale,
      notAttempted: sync.changes.length - known.length,
      contactsFailed: known.reduce((sum, outcome) => sum + contactsFailed(outcome), 0),
      codes: countsOf(told.map(({ code }) => code)),
      failures: told,
    }
  })
  return { version: 1, run, digest: plan.digest, forced, syncs }
}

/**
 * The report as it is shown; with `redact`, its numbers only, for those who may not see the
 * records.
 */
export function shown(report: Report, redact = false): Report {
  if (!redact) return report
  return { ...report, syncs: report.syncs.map(({ failures: _failures, ...numbers }) => numbers) }
}

function contactsFailed(outcome: Outcome): number {
  const failed = outcome.status === 'done' ? outcome.facts?.['contactsFailed'] : undefined
  return typeof failed === 'number' ? failed : 0
}

/** A record that is there, and whose people are not. */
function withoutContacts(outcome: Outcome): { key: string; status: string; code: string; message: string }[] {
  const failed = contactsFailed(outcome)
  if (failed === 0) return []
  const message = `It was created, but ${counted(failed, 'contacts')} could not be added to it; add them by hand`
  return [{ key: outcome.key, status: outcome.status, code: 'contacts-not-added', message }]
}

/** A report for people. */
export function reportLines(report: Report, look: Look): string[] {
  return report.syncs.flatMap(
    ({ name, planned, done, failed, stale, notAttempted, contactsFailed: lonely, codes, failures }) => {
      const parts = [
        look.paint('green', `${number(done)} of ${counted(planned, 'changes')} done`),
        ...(failed > 0 ? [look.paint('red', `${number(failed)} failed`)] : []),
        ...(stale > 0 ? [look.paint('yellow', `${number(stale)} stale`)] : []),
        ...(lonely > 0 ? [look.paint('yellow', `${counted(lonely, 'contacts')} not added`)] : []),
        ...(notAttempted > 0 ? [look.paint('yellow', `${number(notAttempted)} without an outcome`)] : []),
      ]
      const told = look.all ? failures : failures?.slice(0, EXAMPLES)
      const left = (failures?.length ?? 0) - (told?.length ?? 0)
      // One that is shown with its code needs no sum.
      const byCode =
        failures?.length === 1 ? [] : Object.entries(codes).map(([code, count]) => `${number(count)} × ${plain(code)}`)
      return [
        `${look.paint('bold', plain(name))}: ${parts.join(', ')}`,
        ...(told ?? []).flatMap(({ key, code, message }) =>
          wrapped(`  ${look.paint('red', '✖')} ${plain(key)}  ${plain(code)}: ${plain(message)}`, look.columns),
        ),
        ...(left > 0 ? [`  … and ${number(left)} more (--json lists all)`] : []),
        ...(byCode.length > 0 ? wrapped(`  by code: ${byCode.join(', ')}`, look.columns) : []),
      ]
    },
  )
}

/** Whether a sync has anything to do. */
export const hasChanges = ({ syncs }: { readonly syncs: readonly SyncPlan[] }): boolean =>
  syncs.some(({ changes }) => changes.length > 0)
