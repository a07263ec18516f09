import { chunk, HttpError, type Json, type JsonObject, type Run } from 'zds'
import type { Client } from '../client.ts'
import { idIn, rowsOf, textIn } from '../replies.ts'
import { cutWords } from './rows.ts'
import { hold, slots, type Slots } from './slots.ts'

/**
 * How a job ended: its result rows, or why there are none. `lost`: Zendesk no longer knows it;
 * `stuck`: it does not get on.
 */
export type JobEnd =
  | { readonly kind: 'completed'; readonly results: Json }
  | { readonly kind: 'failed' | 'killed' | 'lost' | 'stuck'; readonly words: string }

/** The open jobs of an instance, whoever has begun them, looked at together. */
export interface Jobs {
  /**
   * Waits for the end of a job. Rejects when looking fails and with the signal's reason when the
   * run is aborted.
   */
  ended(id: string, run: Run): Promise<JobEnd>
  /** The turn of one batch to try again after a refusal for too many jobs. */
  turn(): Slots
  /**
   * Waits after such a refusal until one of the open jobs ends, at most `ms`. False where there has
   * been no place for whoever has this signal for too long.
   */
  room(ms: number, run: Pick<Run, 'clock' | 'signal'>): Promise<boolean>
}

const SHORTEST_POLL_MS = 400
const LONGEST_POLL_MS = 5_000
/** A job that takes longer than others did is looked at again when it is older by this part. */
const OLDER = 0.15
/** Without any change for this long, nothing more is expected of a job. */
const STUCK_MS = 600_000
/** A job of 100 rows takes seconds: one that gets on for so long gets nowhere. */
const LONGEST_MS = 3_600_000
/** How long to hope for a place while none of our jobs ends and none is accepted. */
const PATIENCE_MS = 600_000
/** Under load Zendesk can lose sight of a job for a moment (ZD-08). */
const LOST_MS = 15_000

type Open = PromiseWithResolvers<JobEnd> & {
  readonly run: Run
  readonly since: number
  seen: string
  changedAt: number
  missingSince: number | undefined
}

export function jobs(client: Client): Jobs {
  const open = new Map<string, Open>()
  let nextEnd = Promise.withResolvers<void>()
  let looking = false
  /** When a job last ended. A job that waits its turn gets on by that too. */
  let endedAt = 0
  /** How long the quickest job has taken, as far as is known. */
  let quickest: number | undefined
  /** Since when new jobs have been refused, by whose they are. */
  let refused = new WeakMap<AbortSignal, number>()
  const lane = slots(1)

  const look = async (run: Run): Promise<void> => {
    await run.clock.sleep(pauseOf([...open.values()], quickest ?? 0, nowOf(run)), run.signal)
    for await (const ids of chunk([...open.keys()], 100)) judgeAll(ids, await statuses(client, ids, run), nowOf(run))
  }
  const lookUntilAllEnd = async (): Promise<void> => {
    looking = true
    for (let [job] = open.values(); job !== undefined; [job] = open.values()) {
      const { signal } = job.run
      await look(job.run).catch((error: unknown) => {
        for (const [id, one] of open) {
          // Who stops, stops nobody else.
          if (signal.aborted && one.run.signal !== signal) continue
          open.delete(id)
          one.reject(error)
        }
      })
    }
    looking = false
  }
  const judgeAll = (ids: readonly string[], found: ReadonlyMap<string, JsonObject>, now: number): void => {
    for (const id of ids) {
      const job = open.get(id)
      const end = job && judge(job, found.get(id), endedAt, now)
      if (job === undefined || end === undefined) continue
      open.delete(id)
      endedAt = now
      quickest = Math.min(quickest ?? Infinity, now - job.since)
      refused = new WeakMap()
      job.resolve(end)
      nextEnd.resolve()
      nextEnd = Promise.withResolvers()
    }
  }

  return {
    ended: (id, run) => {
      const known = open.get(id)
      if (known !== undefined) return known.promise
      const since = nowOf(run)
      const job: Open = { ...Promise.withResolvers(), run, since, seen: '', changedAt: since, missingSince: undefined }
      open.set(id, job)
      refused = new WeakMap()
      if (!looking) void lookUntilAllEnd()
      return job.promise
    },
    turn: () => hold(lane),
    room: async (ms, { clock, signal }) => {
      const now = clock.now().getTime()
      const since = refused.get(signal) ?? now
      refused.set(signal, since)
      if (now - since >= PATIENCE_MS) return false
      const enough = new AbortController()
      const slept = clock.sleep(ms, AbortSignal.any([signal, enough.signal]))
      await Promise.race([nextEnd.promise, slept]).finally(() => enough.abort())
      return true
    },
  }
}

const nowOf = ({ clock }: Run): number => clock.now().getTime()

/**
 * How long until the open jobs are looked at again: one that is younger than the quickest was has
 * time until then, an older one is looked at the less often the longer it takes.
 */
function pauseOf(open: readonly Open[], quickest: number, now: number): number {
  const pauses = open.map(({ since }) => (now - since < quickest ? since + quickest - now : (now - since) * OLDER))
  return Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, Math.min(...pauses)))
}

/** `GET /job_statuses/show_many`, by id. A 404 means that none of them is known any more. */
async function statuses(client: Client, ids: readonly string[], run: Run): Promise<Map<string, JsonObject>> {
  try {
    const { body } = await client.call(
      { method: 'GET', path: ['job_statuses', 'show_many'], query: { ids: ids.join(',') } },
      run,
    )
    return new Map(rowsOf(client.instance, 'job_statuses', body).map((job) => [idIn(job) ?? '', job]))
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return new Map()
    throw error
  }
}

/** The end of a job as its status tells it, or undefined while it goes on; notes what was seen. */
function judge(job: Open, status: JsonObject | undefined, endedAt: number, now: number): JobEnd | undefined {
  if (status === undefined) {
    job.missingSince ??= now
    return now - job.missingSince >= LOST_MS ? { kind: 'lost', words: 'Zendesk no longer knows the job' } : undefined
  }
  job.missingSince = undefined
  const state = status['status']
  const words = textIn(status, 'message')
  if (state === 'completed') return { kind: 'completed', results: status['results'] ?? null }
  if (state === 'failed' || state === 'killed')
    return { kind: state, words: `the job was ${state}${words === undefined ? '' : `: ${cutWords(words)}`}` }
  const { progress } = status
  const seen = `${typeof state === 'string' ? cutWords(state) : ''} ${typeof progress === 'number' ? progress : ''}`
  if (seen !== job.seen) {
    job.seen = seen
    job.changedAt = now
  }
  const since = state === 'queued' ? Math.max(job.changedAt, endedAt) : job.changedAt
  if (now - since >= STUCK_MS)
    return { kind: 'stuck', words: `the job made no progress in ${STUCK_MS / 60_000} minutes` }
  return now - job.since >= LONGEST_MS
    ? { kind: 'stuck', words: `the job did not end in ${LONGEST_MS / 60_000} minutes` }
    : undefined
}
