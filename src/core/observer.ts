import type { RunEnd } from './outcome.ts'
import type { Plan } from './plan/plan.ts'
import type { Sight } from './sights.ts'
import type { Run } from './types.ts'

/**
 * Watches runs: what was planned, what was refused because it went beyond its limits, how an apply
 * ended, also one that failed or was stopped. It cannot steer one, and its failure never fails one.
 * `done` and `abandoned` are told once of a run, whoever ends it; `failed` and `interrupted` each
 * time: somebody may go on with it.
 */
export interface Observer {
  readonly kind: 'observer'
  planned?(plan: Plan, run: Run): Promise<void>
  refused?(plan: Plan, run: Run): Promise<void>
  /** As that of a source. */
  diagnose?(run: Run): AsyncIterable<Sight>
  ended?(ended: RunEnd, run: Run): Promise<void>
}
