import { type FieldTypes, type Outcome, type Run, type SentChange } from 'zds'
import type { Client } from '../client.ts'
import { settleCreate } from './creates.ts'
import type { Kind } from '../kinds.ts'
import type { Jobs } from './jobs.ts'
import { quiet } from './quiet.ts'
import { settleUpdates, type Updatable } from './updates.ts'

/**
 * What became of changes that a run sent which then died (SAFE-06): creates are looked up, jobs
 * asked for their results, and records re-read where nobody knows the job. Nothing is yielded for
 * what was certainly not carried out.
 */
export async function* settle(
  sent: readonly SentChange[],
  { client, kind, types, updatable }: { client: Client; kind: Kind; types: FieldTypes; updatable: Updatable },
  run: Run,
): AsyncIterable<Outcome> {
  const creates = sent.filter(({ change }) => change.op === 'create')
  if (creates.length > 1) await endOf(creates, client, updatable.jobs, run)
  for (const { change } of creates) yield* settleCreate(change, client, kind, types, run)
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
