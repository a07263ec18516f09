import { ZdsError, type Issue } from '../errors.ts'
import { concatenated } from '../many.ts'
import { nearest } from '../options.ts'
import { OPS, type Excess, type Plan, type SyncPlan } from './plan.ts'

/**
 * What somebody who has looked at a plan lets pass: the plan by its digest, or at least the first
 * eight digits of it, and of it what is named; without names every excess, but no empty source.
 */
export type Permit = { readonly digest: string; readonly names?: readonly string[] }

/** Reads `DIGEST` or `DIGEST:global.update,us-gov-users.empty`, the value of `--approve`. */
export function permitOf(text: string): Permit {
  const [digest = '', names] = text.split(':')
  return names === undefined ? { digest } : { digest, names: names.split(',').map((name) => name.trim()) }
}

/**
 * Throws LIMIT_EXCEEDED for a permit of another plan, USAGE for names that mean nothing in this
 * one.
 */
export function checkPermit({ digest, syncs }: Plan, permit: Permit): void {
  if (!isMeant(permit.digest, digest))
    throw new ZdsError(
      'LIMIT_EXCEEDED',
      `The approval is for the plan ${permit.digest.slice(0, 12)}…, and this one is ${digest}`,
      { hint: 'Look at this plan; what was approved is another one, or named by fewer than eight digits.' },
    )
  const beyond = syncs.flatMap(({ excesses }) => excesses.map(({ id }) => id))
  const known = new Set(syncs.flatMap(namesIn))
  const strange = (permit.names ?? []).filter((name) => !known.has(name))
  if (strange.length === 0) return
  const issues = strange.map((name): Issue => {
    const meant = nearest(name, beyond) ?? nearest(name, known)
    return {
      code: 'USAGE',
      where: name,
      message: `is no excess of this plan${meant ? `; did you mean ${meant}?` : ''}`,
    }
  })
  const hint = beyond.length === 0 ? undefined : `It goes beyond: ${beyond.join(', ')}.`
  throw new ZdsError('USAGE', '--approve names what is not in the plan', { issues, hint })
}

const isMeant = (given: string, digest: string): boolean => given.length >= 8 && digest.startsWith(given.toLowerCase())

/**
 * What may be named, whether it is beyond its limit now or only once an empty source is let
 * through.
 */
function namesIn({ name, excesses }: SyncPlan): string[] {
  return [...['empty', ...OPS, 'drop'].map((word) => `${name}.${word}`), ...excesses.map(({ id }) => id)]
}

/** Of the excesses of a plan, those that nobody has let pass. */
export function unapprovedExcesses(excesses: readonly Excess[], permit: Permit | undefined): readonly Excess[] {
  if (permit === undefined) return excesses
  return permit.names === undefined ? [] : excesses.filter(({ id }) => permit.names?.includes(id) === false)
}

/**
 * The plan of a sync with what an empty source held back, where the permit says that it is right to
 * be empty (`us-gov-users.empty`). Its limits are to be computed anew (SAFE-13).
 */
export function releaseHeld(sync: SyncPlan, permit: Permit): SyncPlan {
  if (permit.names?.includes(`${sync.name}.empty`) !== true) return sync
  const held = sync.skipped.flatMap(({ change }) => change ?? [])
  return {
    ...sync,
    changes: concatenated([sync.changes, held]),
    skipped: sync.skipped.filter(({ change }) => change === undefined),
  }
}
