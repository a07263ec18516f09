import { ZdsError, type Issue } from '../errors.ts'
import type { Excess, Plan } from '../plan/plan.ts'
import { userName } from '../state/process.ts'
import type { Approval } from '../state/state.ts'
import { tellObservers } from './observers.ts'
import type { Shared } from './shared.ts'

/** What somebody takes upon themselves for a plan that goes beyond its limits. */
export type Consent = {
  /** The digest of exactly the plan that was looked at. */
  readonly approve?: string | undefined
  /** Why, for the journal. */
  readonly because?: string | undefined
  /** Every limit is passed unseen. */
  readonly force?: boolean | undefined
}

/**
 * Refuses a plan beyond its limits with LIMIT_EXCEEDED, unless this very plan was approved or everything is forced, and
 * tells the observers of it. Returns who took it upon themselves, where somebody had to.
 */
export async function passLimits(
  plan: Plan,
  { approve, because, force = false }: Consent,
  shared: Shared,
): Promise<Approval | undefined> {
  if (approve !== undefined && approve !== plan.digest) {
    const message = `The approval is for the plan ${approve.slice(0, 12)}…, and this one is ${plan.digest}`
    throw new ZdsError('LIMIT_EXCEEDED', message, { hint: 'Look at this plan; what was approved is another one.' })
  }
  const issues = plan.syncs.flatMap(({ name, excesses }) => excesses.map((excess) => issueOf(name, excess)))
  if (issues.length === 0) return undefined
  if (force || approve !== undefined) return { by: userName(), because }
  await tellObservers((observer, run) => observer.refused?.(plan, run), shared)
  throw new ZdsError('LIMIT_EXCEEDED', 'The plan goes beyond its limits, so nothing was changed', { issues })
}

function issueOf(where: string, { message, examples, count }: Excess): Issue {
  const some = examples.length === 0 ? '' : `: ${examples.join(', ')}${examples.length < count ? ', …' : ''}`
  return { code: 'LIMIT_EXCEEDED', where, message: `${message}${some}` }
}
