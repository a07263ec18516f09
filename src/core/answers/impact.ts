import type { Config } from '../config/define.ts'
import { fromRun, gatheredBy, inScratch, type Gathered } from '../run/from-run.ts'
import { planRun, type Read } from '../run/plan-run.ts'
import type { Watch } from '../run/schedule.ts'
import type { Shared } from '../run/shared.ts'
import { changesBetween, type SyncChanges } from './impact-changes.ts'
import type { AnswerFrom } from './on-gathered.ts'
import { causesOf, toldBy, type ImpactCause } from './impact-causes.ts'

/**
 * What a change of the configuration, or of its files, would cause; and by which rules, where it is
 * something.
 */
export type Impact = { readonly syncs: readonly SyncChanges[]; readonly causes?: readonly ImpactCause[] }

/** Another configuration that the same rows are planned with, in the directory that its files are in. */
export type Base = Pick<Shared, 'config' | 'fingerprint'> & {
  readonly inside: <Result>(work: () => Promise<Result>) => Promise<Result>
}

/**
 * Plans the same rows with two configurations: those of an earlier run, or gathered now for both.
 * Nothing is left, and nobody is told of the plans.
 */
export async function impact(
  base: Base,
  { from, asOf }: AnswerFrom,
  shared: Shared,
  watch: Watch<Read>,
): Promise<Impact> {
  const { config, fingerprint, inside } = base
  const there = { ...shared, config, fingerprint }
  /** Beside what is planned now, in `here`, what the base plans with the same rows. */
  const compared = async (here: Shared, gathered: Gathered, of: Shared): Promise<Impact> => {
    const now = await planRun(here, RUN, undefined, watch)
    const { syncs, told } = await inside(() =>
      fromRun(
        gathered,
        of,
        async (past) => {
          const syncs = changesBetween(await planRun(past, RUN, undefined, watch), now)
          return { syncs, told: await toldBy(syncs, past, RUN) }
        },
        asOf,
      ),
    )
    const toldNow = await toldBy(syncs, here, RUN)
    const causes = syncs.flatMap((sync) => causesOf(sync, told, toldNow))
    return { syncs, ...(causes.length > 0 && { causes }) }
  }
  if (from !== undefined) {
    const gathered = await gatheredBy(from, shared)
    return fromRun(gathered, shared, (here) => compared(here, gathered, there), asOf)
  }
  return inScratch({ ...shared, config: withoutObservers(shared.config) }, (here, artifacts) =>
    compared(here, { name: 'this run', artifacts }, { ...there, anew: true }),
  )
}

/** What both plans are called; neither is left. */
const RUN = 'impact'

function withoutObservers(config: Config): Config {
  const hooks = Object.entries(config.hooks ?? {}).filter(([, { kind }]) => kind === 'sync')
  return { ...config, hooks: Object.fromEntries(hooks) }
}
