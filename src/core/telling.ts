import { dateOf } from './clock.ts'
import type { Plan } from './plan/plan.ts'
import type { Run } from './types.ts'

/** The address of the CI job that this is; undefined where it is none that is known. */
export function jobUrl(environment: { readonly [name: string]: string | undefined } = process.env): string | undefined {
  const { CI_JOB_URL, BUILD_URL, BUILDKITE_BUILD_URL } = environment
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = environment
  const run = server && repository && id && `${server}/${repository}/actions/runs/${id}`
  return [CI_JOB_URL, run, BUILD_URL, BUILDKITE_BUILD_URL].find(Boolean)
}

/** So many digits of a digest are enough for people, and for `--approve`. */
export const shortDigest = ({ digest }: Pick<Plan, 'digest'>): string => digest.slice(0, 12)

/**
 * What passes the limits of exactly this plan, wherever it is typed: it is made anew, and refused
 * where it has become another one.
 */
export function approveCommand(plan: Plan, { clock }: Pick<Run, 'clock'>): string {
  const { asOf, undoes } = plan
  const approve = `--approve ${shortDigest(plan)}`
  if (undoes !== undefined) return `zds undo ${undoes} --out undo.json && zds apply undo.json ${approve}`
  return `zds apply ${approve}${asOf === dateOf(clock.now()) ? '' : ` --as-of ${asOf}`}`
}

/** What goes on with a run that stopped. */
export const RESUME_COMMAND = 'zds apply --resume'

/** What plans what a run did not get done. */
export const retryCommand = (run: string): string => `zds plan --failed-from ${run}`
