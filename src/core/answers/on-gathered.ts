import { contentHalf } from '../config/fingerprint.ts'
import { compareId, syncsOf } from '../config/stages.ts'
import type { Summary } from '../state/state.ts'
import { syncsAsked, type Narrowing } from './asked.ts'
import { fromRun, gatheredBy, inScratch } from '../run/from-run.ts'
import { comparedAll, type Read } from '../run/plan-run.ts'
import type { Watch } from '../run/schedule.ts'
import type { Shared } from '../run/shared.ts'

/** A question is answered from what a run has gathered, or from what is read for it now. */
export type AnswerFrom = { readonly from?: string | undefined; readonly asOf?: string | undefined }

/** There is one set of artifacts, whatever the run is called. */
const RUN = 'asked'

/**
 * Work on what was gathered and compared: now, or by an earlier run, without a request. Nobody is
 * told of it, and nothing is left. Throws USAGE for a sync or a field that is not there.
 */
export async function onGathered<Result>(
  { from, asOf }: AnswerFrom,
  shared: Shared,
  watch: Watch<Read>,
  work: (shared: Shared, runId: string) => Promise<Result>,
  narrowed: Narrowing = {},
): Promise<Result> {
  // Reading takes minutes, and a slip none of them.
  syncsAsked(narrowed, shared)
  const answered = async (here: Shared): Promise<Result> => {
    if (!(await isOfNow(here))) await comparedAll(here, RUN, watch)
    return work(here, RUN)
  }
  if (from === undefined) return inScratch(shared, answered)
  return fromRun(await gatheredBy(from, shared), shared, answered, asOf)
}

/** Whether what was compared then was so with the configuration and as of the day of now. */
async function isOfNow({ state, config, fingerprint, clock }: Shared): Promise<boolean> {
  const artifacts = state.artifacts(RUN)
  const summaries = [...syncsOf(config).keys()].map((name): Promise<Partial<Summary>> =>
    artifacts.summary(compareId(name)).catch(() => ({})),
  )
  return (await Promise.all(summaries)).every(
    ({ config: made = '', asOf }) => contentHalf(made) === contentHalf(fingerprint) && asOf === clock.today,
  )
}
