import { backoff, HttpError, isObject, type Outcome, type Run, type Step } from 'zds'
import type { Client } from '../client.ts'
import type { Jobs } from './jobs.ts'
import { quiet } from './quiet.ts'
import { awayIn, isAboutRecords, isTooManyJobs, refusalOf, unpermittedNames, type ZendeskRefusal } from '../refusals.ts'
import { idIn, objectIn } from '../replies.ts'
import { verdictsOf, type JobRow } from './rows.ts'
import type { Slots } from './slots.ts'
import { withoutUnique } from './without-unique.ts'

/**
 * How records of one kind are written in jobs: `PUT /<resource>/update_many` with `{ [resource]:
 * rows }`, at most 100 of them.
 */
export type Writing = {
  readonly client: Client
  readonly resource: 'organizations' | 'users'
  /** What Zendesk lets no two records share: a row that it refuses goes again without. */
  readonly unique: readonly string[]
  /** Places for open jobs, shared by everybody who writes to the instance (SAFE-04). */
  readonly slots: Slots
  readonly jobs: Jobs
  /** Aborts when nothing more is to be sent. */
  readonly over: AbortSignal
  /** The rows whose records still are as the plan says. */
  fresh(rows: readonly JobRow[]): Promise<readonly JobRow[]>
  /**
   * The keys of those rows whose record now is as the row means it. Asked where no answer tells
   * what became of them.
   */
  settled(rows: readonly JobRow[], run: Run): Promise<ReadonlySet<string>>
}

/**
 * Rows in a job: at least `smallest`, so that nearly as many jobs as may be open share the work; a
 * few places are for the last rows of each kind, and for another sync of the instance.
 */
export const jobSize = (rows: number, smallest: number): number =>
  Math.min(BATCH_SIZE, Math.max(smallest, Math.ceil(rows / (OPEN_JOBS - SPARE))))
const SPARE = 5

type BatchAnswer =
  | { readonly kind: 'job'; readonly job: string; readonly dropped: readonly string[] }
  | { readonly kind: 'busy' }
  | { readonly kind: 'lost'; readonly away?: HttpError }
  | ({ readonly kind: 'refused'; readonly asWhole: boolean } & ZendeskRefusal)

/**
 * Zendesk takes at most this many rows in one request, and this many open jobs (ZD-05, ZD-06).
 */
export const BATCH_SIZE = 100
export const OPEN_JOBS = 30

/**
 * Writes one batch and yields one outcome a row. Throws what concerns more than this batch: no
 * access, no service.
 */
export async function* writeBatch(rows: readonly JobRow[], writing: Writing, run: Run): AsyncGenerator<Step, void> {
  const { slots, jobs, over } = writing
  const turn = jobs.turn()
  await slots.take(over)
  try {
    yield* withoutUnique(rows, writing.unique, (some) => written(some, turn, writing, run))
  } finally {
    turn.give()
    slots.give()
  }
}

/** Statuses of a request that is refused as a whole because of one of its rows, or of its size. */
const AS_WHOLE = new Set([413, 422])

/**
 * One job; where the rows are refused as a whole, one for each half, until it is known which of
 * them it is.
 */
async function* written(rows: readonly JobRow[], turn: Slots, writing: Writing, run: Run): AsyncGenerator<Step, void> {
  const { jobs, client, over } = writing
  const policy = client.policy()
  let left = rows
  for (let lost = 0, busy = 0; ;) {
    left = await writing.fresh(left)
    if (left.length === 0) return
    yield { status: 'sending', keys: keysOf(left) }
    const sent = await send(left, writing, run)
    if (sent.kind !== 'busy') turn.give()
    switch (sent.kind) {
      case 'job':
        yield { status: 'accepted', keys: keysOf(left), job: sent.job }
        yield* outcomes(left, sent, writing, run)
        return
      case 'refused':
        if (!sent.asWhole || left.length === 1) yield* failures(left, sent)
        else for (const half of halvesOf(left)) yield* written(half, turn, writing, run)
        return
      case 'busy':
        // One batch after the other tries again, else all would be refused again at each end of a
        // job.
        await turn.take(over)
        busy += 1
        run.progress(`${client.instance}: Zendesk has too many open jobs, waiting for one to end`)
        if (await jobs.room(backoff(policy.baseDelayMs, busy), { clock: run.clock, signal: over })) break
        yield* failures(left, {
          code: 'too-many-jobs',
          message: `${client.instance}: others keep all job slots of Zendesk busy`,
        })
        return
      case 'lost': {
        lost += 1
        await run.clock.sleep(backoff(policy.baseDelayMs, lost), run.signal)
        // The request may have become a job all the same: it must have its say before the records
        // are looked at.
        await quiet(client, run)
        const settled = await writing.settled(left, run)
        yield* successes(left.filter(({ key }) => settled.has(key)))
        left = left.filter(({ key }) => !settled.has(key))
        if (lost >= policy.attempts) {
          if (left.length > 0 && sent.away !== undefined) throw sent.away
          yield* failures(left, {
            code: 'no-answer',
            message: `${client.instance} did not answer ${lost} times, and the record is not as meant`,
          })
          return
        }
        break
      }
      default:
        sent satisfies never
    }
  }
}

async function send(rows: readonly JobRow[], { client, resource }: Writing, run: Run): Promise<BatchAnswer> {
  const body = { [resource]: rows.map(({ id, payload }) => ({ id: Number(id), ...payload })) }
  try {
    // Not repeated by the HTTP layer: after a lost answer the records are looked at first.
    const reply = await client.call({ method: 'PUT', path: [resource, 'update_many'], body, repeatable: false }, run)
    const job = idIn(objectIn(reply.body, 'job_status'))
    if (job === undefined) return { kind: 'lost' }
    const dropped = unpermittedNames(reply.headers, namesIn(rows))
    return { kind: 'job', job, dropped }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    if (isTooManyJobs(error)) return { kind: 'busy' }
    if (error.arrived === 'maybe') return { kind: 'lost', ...awayIn(error) }
    if (isAboutRecords(error)) return { kind: 'refused', asWhole: AS_WHOLE.has(error.status), ...refusalOf(error) }
    throw error
  }
}

export async function* outcomes(
  rows: readonly JobRow[],
  { job, dropped }: { readonly job: string; readonly dropped: readonly string[] },
  writing: Pick<Writing, 'client' | 'jobs' | 'settled'>,
  run: Run,
): AsyncIterable<Outcome> {
  const ended = await writing.jobs.ended(job, run)
  const verdicts = verdictsOf(ended.kind === 'completed' ? ended.results : null, rows)
  const silent = rows.filter(({ key }) => !verdicts.has(key))
  const settled = silent.length === 0 ? new Set<string>() : await writing.settled(silent, run)
  const doubt: ZendeskRefusal =
    ended.kind === 'completed'
      ? { code: 'row-missing', message: 'the results of the job do not speak of it, and the record is not as meant' }
      : { code: `job-${ended.kind}`, message: `${ended.words}, and the record is not as meant` }

  for (const row of rows) {
    const verdict = verdicts.get(row.key) ?? (settled.has(row.key) ? { kind: 'done' } : { kind: 'failed', ...doubt })
    const lacks = dropped.filter((name) => namesIn([row]).has(name))
    if (verdict.kind === 'failed')
      yield* failures([row], { code: verdict.code, message: `${writing.client.instance}: ${verdict.message}` })
    else if (lacks.length > 0) yield notPermitted(row, writing.client, lacks)
    else yield* successes([row])
  }
}

/** Zendesk answered with success and left out what we may not write. */
export function notPermitted(
  { key, id }: Pick<JobRow, 'key' | 'id'>,
  { instance }: Client,
  names: readonly string[],
): Outcome {
  const message = `${instance}: Zendesk does not let us write ${names.join(', ')}, and left it out`
  return { key, status: 'failed', code: 'not-permitted', message, id }
}

function halvesOf(rows: readonly JobRow[]): readonly (readonly JobRow[])[] {
  const middle = Math.ceil(rows.length / 2)
  return [rows.slice(0, middle), rows.slice(middle)]
}

/** The names that a payload writes, those of custom fields included. */
export function namesIn(rows: readonly Pick<JobRow, 'payload'>[]): Set<string> {
  const names = rows.flatMap(({ payload }) =>
    Object.entries(payload).flatMap(([name, value]) => (isObject(value) ? [name, ...Object.keys(value)] : [name])),
  )
  return new Set(names)
}

const keysOf = (rows: readonly JobRow[]): string[] => rows.map(({ key }) => key)

function successes(rows: readonly JobRow[]): Outcome[] {
  return rows.map(({ key, id }) => ({ key, status: 'done', id }))
}

function failures(rows: readonly JobRow[], { code, message }: ZendeskRefusal): Outcome[] {
  return rows.map(({ key }) => ({ key, status: 'failed', code, message }))
}
