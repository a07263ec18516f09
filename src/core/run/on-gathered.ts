import { compareId, syncsOf } from '../config/stages.ts'
import type { Summary } from '../state/state.ts'
import { fromRun, gatheredBy } from './from-run.ts'
import { comparedAll, type Read } from './plan-run.ts'
import type { Watch } from './schedule.ts'
import { newRunId, type Shared } from './shared.ts'

/** A question is answered from what a run has gathered, or from what is read for it now. */
export type From = { readonly from?: string | undefined; readonly asOf?: string | undefined }

/**
 * Work on what was gathered and compared: now, under a run of its own of which nobody is told, or
 * by an earlier run, without a request.
 */
export async function onGathered<Result>(
  { from, asOf }: From,
  shared: Shared,
  watch: Watch<Read>,
  work: (shared: Shared, runId: string) => Promise<Result>,
): Promise<Result> {
  if (from === undefined) {
    const run = newRunId(shared.clock)
    await comparedAll(shared, run, watch)
    return work(shared, run)
  }
  const gathered = await gatheredBy(from, shared)
  const answered = async (offline: Shared): Promise<Result> => {
    if (!(await isOfNow(offline))) await comparedAll(offline, 'from', watch)
    return work(offline, 'from')
  }
  return fromRun(gathered, shared, answered, asOf)
}

/** Whether what was compared then was so with the configuration and as of the day of now. */
async function isOfNow({ state, config, fingerprint, clock }: Shared): Promise<boolean> {
  const artifacts = state.artifacts('from')
  const summaries = [...syncsOf(config).keys()].map((name): Promise<Partial<Summary>> =>
    artifacts.summary(compareId(name)).catch(() => ({})),
  )
  return (await Promise.all(summaries)).every(({ config: made, asOf }) => made === fingerprint && asOf === clock.today)
}
