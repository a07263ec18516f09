import { ZdsError, type Issue } from '../errors.ts'
import { checkPermit, permitOf, releaseHeld, unapprovedExcesses } from '../plan/approval.ts'
import type { Excess, Plan } from '../plan/plan.ts'
import { userName } from '../state/process.ts'
import type { Approval } from '../state/state.ts'
import { tellObservers } from './observers.ts'
import { holdAgainstLimits, planOf } from './plan-run.ts'
import type { Shared } from './shared.ts'

/** What somebody takes upon themselves for a plan that goes beyond its limits. */
export type Consent = {
  /**
   * The digest of exactly the plan that was looked at, and what of it is meant:
   * `DIGEST:global.update`.
   */
  readonly approve?: string | undefined
  /** Why, for the journal. */
  readonly because?: string | undefined
  /** Every limit is passed unseen. */
  readonly force?: boolean | undefined
}

/** A plan that may be carried out, and who took upon themselves what of it needed somebody to. */
type Passed = { readonly plan: Plan; readonly approval: Approval | undefined }

/**
 * Refuses a plan beyond its limits with LIMIT_EXCEEDED, unless all that is beyond them was approved
 * or everything is forced, and tells the observers of it. What an empty source held back comes
 * along where that was approved (SAFE-13).
 */
export async function passLimits(
  plan: Plan,
  { approve, because, force = false }: Consent,
  shared: Shared,
): Promise<Passed> {
  const permit = approve === undefined ? undefined : permitOf(approve)
  const meant = permit === undefined ? plan.syncs : plan.syncs.map((sync) => releaseHeld(sync, permit))
  const syncs = await holdAgainstLimits(meant, shared)
  if (permit !== undefined) checkPermit({ ...plan, syncs }, permit)
  const issues = syncs.flatMap(({ name, excesses }) =>
    unapprovedExcesses(excesses, permit).map((excess) => issueOf(name, excess)),
  )
  if (issues.length > 0 && !force) {
    await tellObservers((observer, run) => observer.refused?.({ ...plan, syncs }, run), shared)
    throw new ZdsError('LIMIT_EXCEEDED', 'The plan goes beyond its limits, so nothing was changed', { issues })
  }
  const same = meant.every((sync) => plan.syncs.includes(sync))
  const beyond = !same || syncs.some(({ excesses }) => excesses.length > 0)
  const whole = same ? plan : await planOf(meant, shared, plan.undoes)
  return { plan: whole, approval: beyond ? { by: userName(), because } : undefined }
}

function issueOf(where: string, { message, examples, count }: Excess): Issue {
  const some = examples.length === 0 ? '' : `: ${examples.join(', ')}${examples.length < count ? ', …' : ''}`
  return { code: 'LIMIT_EXCEEDED', where, message: `${message}${some}` }
}
