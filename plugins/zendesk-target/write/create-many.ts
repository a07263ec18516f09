import {
  batches,
  filtered,
  HttpError,
  isObject,
  type Change,
  type Json,
  type Many,
  type Outcome,
  type Run,
  type Step,
} from 'zds'
import { namesIn } from './batches.ts'
import { outcomeOfFound, create, identityIn, outcomeOf, withPeople } from './creates.ts'
import type { Collection } from '../find.ts'
import type { JobEnd, Jobs } from './jobs.ts'
import { inOrder } from './lanes.ts'
import type { Kind } from '../kinds.ts'
import { quiet } from './quiet.ts'
import { bodyOf, recordOf } from '../records.ts'
import { isAboutRecords, isTooManyJobs, unpermittedNames } from '../refusals.ts'
import { idIn, objectIn } from '../replies.ts'
import type { Slots } from './slots.ts'

/** How records of one kind are created. */
type Creating = Collection & {
  readonly slots: Slots
  readonly jobs: Jobs
  /** Aborts when nothing more is to be sent. */
  readonly over: AbortSignal
  /** The run of what an interruption is not to part, for a while. */
  readonly whole: Run
  /** Called for each record that is there, refused, or taken over by a job, before its people are added. */
  readonly answered: () => void
}

/** A task for each create, or for each job of at most `rows` of them. */
export function* createTasks(
  changes: Many<Change>,
  options: Omit<Creating, 'over' | 'whole'> & { readonly inJobs: boolean; readonly rows: number },
  over: AbortSignal,
  run: Run,
): Generator<AsyncGenerator<Step, void>, void> {
  const creating: Creating = { ...options, over, whole: uncut(run) }
  const [together, alone] = options.inJobs ? partition(changes, options.kind) : [[], changes]
  for (const some of batches(together, options.rows)) {
    const [one] = some
    // A job of one record costs more requests than it saves.
    yield some.length === 1 && one !== undefined ? createAlone(one, creating) : createMany(some, creating, run)
  }
  for (const change of alone) yield createAlone(change, creating)
}

/**
 * Creates up to a hundred records in one job, and then adds their people. What the job says of a row
 * names no record: all are looked up by their identities, with one request, and what is not there
 * is created by itself, which tells why it cannot be. So it is after a lost answer, too.
 */
async function* createMany(changes: readonly Change[], creating: Creating, run: Run): AsyncGenerator<Step, void> {
  const { slots, over, answered } = creating
  const keys = changes.map(({ key }) => key)
  let outcomes: ReadonlyMap<string, Outcome>
  let rest = creating
  await slots.take(over)
  try {
    yield { status: 'sending', keys }
    const { job, dropped, made } = await send(changes, creating, run)
    if (made) {
      for (const _ of changes) answered()
      rest = { ...creating, answered: () => undefined }
    }
    let ended: JobEnd | undefined
    if (job !== undefined) {
      yield { status: 'accepted', keys, job }
      ended = await creating.jobs.ended(job, run)
    } else if (made) await quiet(creating.client, run)
    outcomes = made ? await found(changes, { dropped, ended }, creating, run) : new Map()
  } finally {
    slots.give()
  }
  yield* peopled(changes, outcomes, creating)
  for (const change of changes) if (!outcomes.has(change.key)) yield* createAlone(change, rest)
}

/** The outcomes, the people of all records added side by side. */
async function* peopled(
  changes: readonly Change[],
  outcomes: ReadonlyMap<string, Outcome>,
  { client, whole }: Creating,
): AsyncGenerator<Step, void> {
  const ends = changes.flatMap((change) => {
    const outcome = outcomes.get(change.key)
    return outcome === undefined ? [] : [withPeople(change, outcome, client, whole)]
  })
  yield* inOrder(ends)
}

const createAlone = (change: Change, creating: Creating): AsyncGenerator<Step, void> =>
  create(change, creating, creating.whole, creating.answered)

/** So long an interruption waits for people: a hundred new organizations may have some, one a second. */
const GRACE_MS = 5_000

/**
 * A create and the people who come with it are one: an interruption ends the run after it, not in
 * the middle of it (SYN-03). Who is not added by the end of its grace has no outcome, and is looked
 * for when the create is settled (SAFE-06).
 */
function uncut(run: Run): Run {
  const late = new AbortController()
  const cut = (): void => void setTimeout(() => late.abort(run.signal.reason), GRACE_MS).unref()
  run.signal.addEventListener('abort', cut, { once: true })
  return { ...run, signal: late.signal }
}

/** Those that can be looked up together, as a list of identities, and the others. */
function partition(changes: Many<Change>, kind: Kind): readonly [Many<Change>, Many<Change>] {
  const isListed = (change: Change): boolean => {
    const identity = identityIn(change, kind)
    return kind.identity === 'external_id' && identity !== undefined && !identity.includes(',')
  }
  return [filtered(changes, isListed), filtered(changes, (change) => !isListed(change))]
}

type ManyAnswer = { readonly job?: string; readonly dropped: readonly string[]; readonly made: boolean }

/** `made` is false where nothing can have been created; a job that is not known may have been begun. */
async function send(changes: readonly Change[], { client, kind }: Creating, run: Run): Promise<ManyAnswer> {
  const payloads = changes.map((change) => ({ payload: bodyOf(change, kind) }))
  const body = { [kind.resource]: payloads.map(({ payload }): Json => ({ ...payload, ...kind.onCreate })) }
  try {
    const path = [kind.resource, 'create_many']
    const reply = await client.call({ method: 'POST', path, body, repeatable: false }, run)
    const job = idIn(objectIn(reply.body, 'job_status'))
    return {
      ...(job !== undefined && { job }),
      dropped: unpermittedNames(reply.headers, namesIn(payloads)),
      made: true,
    }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (isTooManyJobs(error) || (error.arrived === 'no' && isAboutRecords(error))) return { dropped: [], made: false }
    if (error.arrived === 'maybe') return { dropped: [], made: true }
    throw error
  }
}

/**
 * What became of those of the records that are there. What the job has created is ours, whatever
 * others have made of it since. Where it tells of all it did, what else is there under such an
 * identity was there before, and is refused when it is created by itself.
 */
async function found(
  changes: readonly Change[],
  { dropped, ended }: { readonly dropped: readonly string[]; readonly ended: JobEnd | undefined },
  creating: Creating,
  run: Run,
): Promise<ReadonlyMap<string, Outcome>> {
  const { client, kind, types, find } = creating
  const identities = changes.map((change) => identityIn(change, kind) ?? '')
  const rows = await find(identities, run)
  const created = createdIn(ended)
  const outcomes = changes.flatMap((change, index): [string, Outcome][] => {
    const row = rows.get((identities[index] ?? '').toLowerCase())
    if (row === undefined) return []
    const lacks = dropped.filter((name) => namesIn([{ payload: bodyOf(change, kind) }]).has(name))
    const record = recordOf(row, kind, types)
    const ours = created?.has(record.id) === true || lacks.length > 0
    const outcome = ours
      ? outcomeOf(change.key, { kind: 'made', id: record.id, dropped: lacks }, client)
      : outcomeOfFound(change, record, creating)
    return ours || outcome.status === 'done' || created === undefined ? [[change.key, outcome]] : []
  })
  return new Map(outcomes)
}

/**
 * The ids of what a job says that it has created, `{status: 'Created', id}` (ZD-07); undefined where
 * it tells nothing.
 */
function createdIn(ended: JobEnd | undefined): ReadonlySet<string> | undefined {
  const results = ended?.kind === 'completed' ? ended.results : null
  if (!Array.isArray(results)) return undefined
  return new Set(
    results.flatMap((row: Json) => (isObject(row) && row['status'] === 'Created' ? (idIn(row) ?? []) : [])),
  )
}
