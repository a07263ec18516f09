import {
  ZdsError,
  type Change,
  type Existing,
  type JsonObject,
  type Outcome,
  type Run,
  type Sent,
  type Step,
} from 'zds'
import { BATCH_SIZE, OPEN_JOBS, outcomes, writeBatch, type Writing } from './batches.ts'
import { jobs } from './jobs.ts'
import { merge } from './merge.ts'
import { quiet } from './quiet.ts'
import type { Row } from './rows.ts'

/**
 * A kind of records that jobs can write: how a change becomes the row of a job, and how to see
 * whether it was made.
 */
export type Updatable = Pick<Writing, 'client' | 'resource' | 'slots'> & {
  /** What the row says beside the id. */
  payload(change: Change): JsonObject
  refetch(ids: readonly string[], run: Run): AsyncIterable<Existing>
  /** The fields in which a record is not as the change means it. */
  differences(change: Change, existing: Existing): readonly string[]
}

/**
 * Updates and retires alike: batches of 100, as many at a time as jobs may be open (SYN-06, SYN-08,
 * SAFE-04). One outcome per change. Throws what concerns more than one batch: no access, no
 * service.
 */
export function update(changes: readonly Change[], kind: Updatable, run: Run): AsyncIterable<Step> {
  const writing = writingOf(changes, kind, run)
  const rows = changes.map((change) => rowOf(change, kind))
  return merge(
    (over) => batches(rows).map((batch) => writeBatch(batch, { ...writing, over }, run)),
    OPEN_JOBS,
    run.signal,
  )
}

/**
 * What became of updates that a run sent which then died: what their jobs say, or what the records
 * show where no job is known.
 */
export async function* settleUpdates(sent: readonly Sent[], kind: Updatable, run: Run): AsyncIterable<Outcome> {
  if (sent.length === 0) return
  const writing: Writing = {
    ...writingOf(
      sent.map(({ change }) => change),
      kind,
      run,
    ),
    over: run.signal,
  }
  for (const [job, some] of Map.groupBy(sent, (one) => one.job)) {
    const rows = some.map(({ change }) => rowOf(change, kind))
    if (job === undefined) {
      await quiet(kind.client, run)
      const settled = await writing.settled(rows, run)
      for (const { key, id } of rows) if (settled.has(key)) yield { key, status: 'done', id }
      continue
    }
    for await (const outcome of outcomes(rows, { job, dropped: [] }, writing, run)) {
      // Zendesk forgets jobs after a day; a record that is not as meant was then not written, and
      // may be.
      if (outcome.status === 'done' || outcome.code !== 'job-lost') yield outcome
    }
  }
}

function writingOf(changes: readonly Change[], kind: Updatable, run: Run): Omit<Writing, 'over'> {
  const byKey = new Map(changes.map((change) => [change.key, change]))
  const settled = async (rows: readonly Row[]): Promise<ReadonlySet<string>> => {
    const keys = new Map(rows.map(({ id, key }) => [id, key]))
    const found = new Set<string>()
    for await (const existing of kind.refetch([...keys.keys()], run)) {
      const change = byKey.get(keys.get(existing.id) ?? '')
      if (change !== undefined && kind.differences(change, existing).length === 0) found.add(change.key)
    }
    return found
  }
  const { client, resource, slots } = kind
  return { client, resource, slots, jobs: jobs(client, run), settled }
}

const rowOf = (change: Change, kind: Updatable): Row => ({
  key: change.key,
  id: idOf(change),
  payload: kind.payload(change),
})

function idOf({ op, key, id }: Change): string {
  if (id !== undefined) return id
  throw new ZdsError('PLAN_INVALID', `The ${op} of ${key} names no id`, { hint: 'Make a new plan.' })
}

function* batches(rows: readonly Row[]): Generator<readonly Row[], void> {
  for (let at = 0; at < rows.length; at += BATCH_SIZE) yield rows.slice(at, at + BATCH_SIZE)
}
