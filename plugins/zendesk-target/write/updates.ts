import {
  batches,
  collect,
  differingFields,
  ZdsError,
  type ApplyRun,
  type Change,
  type Existing,
  type FieldTypes,
  type JsonObject,
  type Many,
  type Outcome,
  type Run,
  type SentChange,
  type Step,
} from 'zds'
import { outcomes, writeBatch, type Writing } from './batches.ts'
import { quiet } from './quiet.ts'
import type { JobRow } from './rows.ts'

/**
 * A kind of records that jobs can write: how a change becomes the row of a job, and how to see
 * whether it was made.
 */
export type Updatable = Pick<Writing, 'client' | 'resource' | 'unique' | 'slots' | 'jobs'> & {
  /** What the row says beside the id. */
  payload(change: Change): JsonObject
  refetch(ids: readonly string[], run: Run): AsyncIterable<Existing>
  readonly types: FieldTypes
}

/**
 * Updates and retires: a task for each job of `rows` at most (SYN-06, SYN-08), the updates first; no
 * record is looked at before they may begin. One outcome per change. They throw what concerns more
 * than one job: no access, no service.
 */
export function* update(
  changes: Many<Change>,
  kind: Updatable & { readonly rows: number; readonly begin: (over: AbortSignal) => Promise<void> },
  over: AbortSignal,
  run: ApplyRun,
): Generator<AsyncGenerator<Step, void>, void> {
  const { client, resource, unique, slots, jobs } = kind
  let before: Promise<unknown> = Promise.resolve()
  // Records are read while those of the job before are written; the jobs are sent in their order.
  const fresh = async (rows: readonly JobRow[]): Promise<JobRow[]> => {
    await kind.begin(over)
    const mine = Promise.all([run.fresh(rows.map(({ change }) => change)), before])
    before = mine.catch(() => undefined)
    const left = new Set((await mine)[0])
    return rows.filter(({ change }) => left.has(change))
  }
  const writing = { client, resource, unique, slots, jobs, settled: settling(kind), fresh, over }
  for (const op of ['update', 'retire']) {
    const some = changes.values().filter((change) => change.op === op)
    const rows = some.map((change) => rowOf(change, kind))
    for (const batch of batches(rows, kind.rows)) yield writeBatch(batch, writing, run)
  }
}

/**
 * What became of updates that a run sent which then died: what their jobs say, or what the records
 * show where no job is known.
 */
export async function* settleUpdates(sent: readonly SentChange[], kind: Updatable, run: Run): AsyncIterable<Outcome> {
  if (sent.length === 0) return
  const writing = { client: kind.client, jobs: kind.jobs, settled: settling(kind) }
  for (const [job, some] of Map.groupBy(sent, (one) => one.job)) {
    const rows = some.map(({ change }) => rowOf(change, kind))
    if (job === undefined) {
      await quiet(kind.client, run)
      const settled = await writing.settled(rows, run)
      for (const { key, id } of rows) if (settled.has(key)) yield { key, status: 'done', id }
      continue
    }
    const told = await collect(outcomes(rows, { job, dropped: [] }, writing, run))
    for (const outcome of await withoutNames(told, rows, kind, run)) {
      // Zendesk forgets jobs after a day; a record that is not as meant was then not written, and
      // may be.
      if (outcome.status === 'done' || outcome.code !== 'job-lost') yield outcome
    }
  }
}

/**
 * A row that was refused goes again without what no two records may share (AMB-20): the job that did
 * it tells that it is done. Whether it has its name, the record knows.
 */
async function withoutNames(
  told: readonly Outcome[],
  rows: readonly JobRow[],
  kind: Updatable,
  run: Run,
): Promise<Outcome[]> {
  const done = new Set(told.flatMap(({ key, status }) => (status === 'done' ? [key] : [])))
  const named = rows.filter(({ key }) => done.has(key)).flatMap((row) => onlyNamed(row, kind.unique))
  const meant = named.length === 0 ? done : await settling(kind)(named, run)
  const lacking = new Map(named.flatMap(({ key, id }) => (meant.has(key) ? [] : [[key, id] as const])))
  const message = `${kind.client.instance}: its job has written it, but not all of it: a name that is taken is left out`
  return told.map((outcome) => {
    const id = lacking.get(outcome.key)
    return id === undefined ? outcome : { key: outcome.key, status: 'failed', code: 'read-back-differs', message, id }
  })
}

/** The row with nothing but what no two records may share: somebody may have changed the rest since. */
function onlyNamed({ change, ...row }: JobRow, unique: readonly string[]): JobRow[] {
  const fields = Object.entries(change.fields).filter(([name]) => unique.includes(name))
  return fields.length === 0 ? [] : [{ ...row, change: { ...change, fields: Object.fromEntries(fields) } }]
}

/** Where no job tells what became of rows, the records themselves do. */
function settling(kind: Updatable): Writing['settled'] {
  return async (rows, run) => {
    const byId = new Map(rows.map((row) => [row.id, row]))
    const found = new Set<string>()
    for await (const existing of kind.refetch([...byId.keys()], run)) {
      const row = byId.get(existing.id)
      if (row !== undefined && differingFields(row.change, 'to', existing, kind.types).length === 0) found.add(row.key)
    }
    return found
  }
}

const rowOf = (change: Change, kind: Updatable): JobRow => ({
  key: change.key,
  id: idOf(change),
  payload: kind.payload(change),
  change,
})

function idOf({ op, key, id }: Change): string {
  if (id !== undefined) return id
  throw new ZdsError('PLAN_INVALID', `The ${op} of ${key} names no id`, { hint: 'Make a new plan.' })
}
