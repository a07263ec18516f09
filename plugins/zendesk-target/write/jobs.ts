import { chunk, HttpError, type Json, type JsonObject, type Run } from 'zds'
import type { Client } from '../client.ts'
import { idIn, rowsOf, textIn } from '../replies.ts'
import { cutWords } from './rows.ts'
import { hold, slots, type Slots } from './slots.ts'

/**
 * How a job ended: its result rows, or why there are none. `lost`: Zendesk no longer knows it;
 * `stuck`: it does not get on.
 */
type JobEnd =
  | { readonly kind: 'completed'; readonly results: Json }
  | { readonly kind: 'failed' | 'killed' | 'lost' | 'stuck'; readonly words: string }

/** The open jobs of one call of `apply`, polled together. */
export interface Jobs {
  /**
   * Waits for the end of a job. Rejects when polling fails and with the signal's reason when the
   * run is aborted.
   */
  ended(id: string): Promise<JobEnd>
  /** The turn of one batch to try again after a refusal for too many jobs. */
  turn(): Slots
  /**
   * Waits after such a refusal until one of the open jobs ends, at most `ms`. False where there has
   * been no place for too long.
   */
  room(ms: number, signal: AbortSignal): Promise<boolean>
}

const FIRST_POLL_MS = 100
const LONGEST_POLL_MS = 5_000
/** Without any change for this long, nothing more is expected of a job. */
const STUCK_MS = 600_000
/** A job of 100 rows takes seconds: one that gets on for so long gets nowhere. */
const LONGEST_MS = 3_600_000
/** How long to hope for a place while none of our jobs ends and none is accepted. */
const PATIENCE_MS = 600_000
/** Under load Zendesk can lose sight of a job for a moment (ZD-08). */
const LOST_MS = 15_000

type Open = PromiseWithResolvers<JobEnd> & {
  readonly since: number
  seen: string
  changedAt: number
  missingSince: number | undefined
}

export function jobs(client: Client, run: Run): Jobs {
  const open = new Map<string, Open>()
  let nextEnd = Promise.withResolvers<void>()
  let polling = false
  /** When a job last ended. A job that waits its turn gets on by that too. */
  let endedAt = 0
  /** Since when new jobs have been refused. */
  let refusedSince: number | undefined
  const lane = slots(1)
  const now = (): number => run.clock.now().getTime()

  const poll = async (): Promise<void> => {
    polling = true
    try {
      for (let delay = FIRST_POLL_MS; open.size > 0;) {
        await run.clock.sleep(delay, run.signal)
        const before = endedAt
        for await (const ids of chunk([...open.keys()], 100)) look(ids, await statuses(client, ids, run))
        delay = endedAt > before ? FIRST_POLL_MS : Math.min(LONGEST_POLL_MS, delay * 1.2)
      }
    } catch (error) {
      for (const job of open.values()) job.reject(error)
      open.clear()
    } finally {
      polling = false
    }
  }
  const look = (ids: readonly string[], found: ReadonlyMap<string, JsonObject>): void => {
    for (const id of ids) {
      const job = open.get(id)
      const end = job && judge(job, found.get(id), endedAt, now())
      if (job === undefined || end === undefined) continue
      open.delete(id)
      endedAt = now()
      refusedSince = undefined
      job.resolve(end)
      nextEnd.resolve()
      nextEnd = Promise.withResolvers()
    }
  }

  return {
    ended: (id) => {
      const since = now()
      const job: Open = { ...Promise.withResolvers(), since, seen: '', changedAt: since, missingSince: undefined }
      open.set(id, job)
      refusedSince = undefined
      if (!polling) void poll()
      return job.promise
    },
    turn: () => hold(lane),
    room: async (ms, signal) => {
      refusedSince ??= now()
      if (now() - refusedSince >= PATIENCE_MS) return false
      const enough = new AbortController()
      const slept = run.clock.sleep(ms, AbortSignal.any([signal, enough.signal]))
      await Promise.race([nextEnd.promise, slept]).finally(() => enough.abort())
      return true
    },
  }
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
