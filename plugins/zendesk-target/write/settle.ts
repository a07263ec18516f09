import { batches, type Outcome, type Run, type SentChange } from 'zds'
import type { Client } from '../client.ts'
import { BATCH_SIZE } from './batches.ts'
import { settleCreate } from './creates.ts'
import type { Collection } from '../find.ts'
import type { Jobs } from './jobs.ts'
import { inOrder } from './lanes.ts'
import { quiet } from './quiet.ts'
import { settleUpdates, type Updatable } from './updates.ts'

/**
 * What became of changes that a run sent which then died (SAFE-06): creates are looked up, jobs
 * asked for their results, and records re-read where nobody knows the job. Nothing is yielded for
 * what was certainly not carried out.
 */
export async function* settle(
  sent: readonly SentChange[],
  collection: Collection,
  updatable: Updatable,
  run: Run,
): AsyncIterable<Outcome> {
  const creates = sent.filter(({ change }) => change.op === 'create')
  if (creates.length > 1) await endOf(creates, collection.client, updatable.jobs, run)
  for (const some of batches(creates, BATCH_SIZE))
    for await (const outcome of inOrder(some.map(({ change }) => settleCreate(change, collection, run))))
      if (outcome !== undefined) yield outcome
  yield* settleUpdates(
    sent.filter(({ change }) => change.op !== 'create'),
    updatable,
    run,
  )
}

/** Waits for what may still be creating: the jobs that took some over, and one whose id nobody knows. */
async function endOf(creates: readonly SentChange[], client: Client, jobs: Jobs, run: Run): Promise<void> {
  const known = new Set(creates.flatMap(({ job }) => job ?? []))
  await Promise.all([...known].map((job) => jobs.ended(job, run)))
  if (creates.some(({ job }) => job === undefined)) await quiet(client, run)
}
