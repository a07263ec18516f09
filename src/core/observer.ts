import type { RunEnd } from './outcome.ts'
import type { Plan } from './plan/plan.ts'
import type { Sight } from './sights.ts'
import type { Run } from './types.ts'

/** A plan that could not be made; the words of its error may speak of a record. */
export type PlanFailure = { readonly run: string; readonly error: unknown; readonly at: string }

/**
 * Watches runs: what was planned or could not be, what was refused because it went beyond its
 * limits, how an apply ended, also one that failed or was stopped. It cannot steer one, and its
 * failure never fails one.
 * `done` and `abandoned` are told once of a run, whoever ends it; `failed` and `interrupted` each
 * time: somebody may go on with it.
 */
export interface Observer {
  readonly kind: 'observer'
  /**
   * Called as long as an engine is open: it may subscribe to what the engine tells of itself
   * (docs/logs.md). What it returns ends that.
   */
  listen?(warn: (message: string) => void): Promise<() => Promise<void>>
  planned?(plan: Plan, run: Run): Promise<void>
  refused?(plan: Plan, run: Run): Promise<void>
  notPlanned?(failure: PlanFailure, run: Run): Promise<void>
  /** As that of a source. */
  diagnose?(run: Run): AsyncIterable<Sight>
  ended?(ended: RunEnd, run: Run): Promise<void>
}
