import { ZdsError, type Change, type Existing, type JsonObject, type Run, type Step } from 'zds'
import { BATCH_SIZE, OPEN_JOBS, writeBatch, type Writing } from './batches.ts'
import { jobs } from './jobs.ts'
import { merge } from './merge.ts'
import type { Row } from './rows.ts'

/** A kind of records that jobs can write: how a change becomes the row of a job, and how to see whether it was made. */
export type Updatable = Pick<Writing, 'client' | 'resource' | 'slots'> & {
  /** What the row says beside the id. */
  payload(change: Change): JsonObject
  refetch(ids: readonly string[], run: Run): AsyncIterable<Existing>
  /** The fields in which a record is not as the change means it. */
  differences(change: Change, existing: Existing): readonly string[]
}

/**
 * Updates and retires alike: batches of 100, as many at a time as jobs may be open (SYN-06, SYN-08, SAFE-04). One outcome per change.
 * Throws what concerns more than one batch: no access, no service.
 */
export function update(changes: readonly Change[], kind: Updatable, run: Run): AsyncIterable<Step> {
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
  const writing: Omit<Writing, 'over'> = { client, resource, slots, jobs: jobs(client, run), settled }
  const rows = changes.map((change) => ({ key: change.key, id: idOf(change), payload: kind.payload(change) }))
  return merge((over) => batches(rows).map((batch) => writeBatch(batch, { ...writing, over }, run)), OPEN_JOBS, run.signal)
}

function idOf({ op, key, id }: Change): string {
  if (id !== undefined) return id
  throw new ZdsError('PLAN_INVALID', `The ${op} of ${key} names no id`, { hint: 'Make a new plan.' })
}

function* batches(rows: readonly Row[]): Generator<readonly Row[], void> {
  for (let at = 0; at < rows.length; at += BATCH_SIZE) yield rows.slice(at, at + BATCH_SIZE)
}
