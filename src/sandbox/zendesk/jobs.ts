import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import type { Fault, RowSelection } from '../faults/types.ts'
import type { Env } from '../server/exchange.ts'
import { createTimers } from '../server/timers.ts'
import type { JobStatus, Json } from '../types.ts'
import type { Instance } from './instance.ts'

export type JobOptions = {
  /** How long a job stays queued and working, and works longer for each of its rows, milliseconds. */
  readonly jobMs: { readonly queued: number; readonly working: number; readonly perRow?: number }
  /** Jobs queued or working at once. */
  readonly maxJobs: number
  readonly tooManyJobsStatus: 400 | 403 | 422 | 429 | 503
}

/** One row of a job: what it is about, for faults that choose rows, and the work itself. */
export type JobRow = {
  readonly about: {
    readonly id?: number | undefined
    readonly external_id?: string | null | undefined
    readonly name?: string | undefined
  }
  run(index: number): { readonly [key: string]: Json }
}

/** What a job does; `verb` and `noun` make its messages, such as "Updating organization #31". */
type JobPlan = { readonly type: string; readonly verb: string; readonly noun: string; readonly rows: readonly JobRow[] }

/** Starts jobs, which run by themselves as time goes. @internal */
export type Jobs = { start(c: Context<Env>, plan: JobPlan): Response; readonly close: () => void }

/** @internal */
export function createJobs(instance: Instance, options: JobOptions): Jobs {
  const timers = createTimers()
  const open = (): JobStatus[] =>
    [...instance.jobs.values()].filter((job) => job.status === 'queued' || job.status === 'working')

  const start = (c: Context<Env>, plan: JobPlan): Response => {
    const before = open()
    if (before.length >= options.maxJobs) {
      const refused = {
        error: 'TooManyJobs',
        description: `Too many ${plan.type} jobs are currently queued or running. Try again later.`,
        current_job_ids: before.map((job) => job.id),
      }
      return c.json(refused, options.tooManyJobsStatus)
    }
    const faults = c.env.exchange.take(
      ['rows', 'kill', 'stuck'],
      (fault) => fault.kind !== 'rows' || plan.rows.some((row, n) => chosen(fault.rows, row, n)),
    )
    const id = `V3-${randomBytes(16).toString('hex')}`
    const queued: JobStatus = {
      id,
      job_type: plan.type,
      url: `${instance.url}/api/v2/job_statuses/${id}.json`,
      total: plan.rows.length,
      progress: null,
      status: 'queued',
      message: null,
      results: null,
    }
    instance.jobs.set(id, queued)
    run(queued, plan, faults)
    c.header(
      'zendesk-ratelimit-inflight-jobs',
      `total=${options.maxJobs}; remaining=${options.maxJobs - before.length - 1}; resets=60`,
    )
    return c.json({ job_status: queued })
  }

  const run = (queued: JobStatus, plan: JobPlan, faults: readonly Fault[]): void => {
    const stuck = faults.find((fault) => fault.kind === 'stuck')
    const kill = faults.find((fault) => fault.kind === 'kill')
    const failing = faults.filter((fault) => fault.kind === 'rows')
    const update = (change: Partial<JobStatus>): void => {
      instance.jobs.set(queued.id, { ...queued, ...change })
    }
    const apply = (count: number): { readonly [key: string]: Json }[] =>
      plan.rows.slice(0, count).map((row, index) => {
        const failure = failing.find((fault) => chosen(fault.rows, row, index))
        return failure === undefined ? row.run(index) : failedRow(index, row, failure, plan)
      })

    if (stuck?.as === 'queued') return
    timers.later(options.jobMs.queued, () => {
      const half = Math.floor(plan.rows.length / 2)
      update({ status: 'working', progress: half, message: `${plan.verb} ${plan.noun} #${half}` })
      if (stuck !== undefined) {
        apply(stuck.applied ?? 0)
        return
      }
      timers.later(options.jobMs.working + (options.jobMs.perRow ?? 0) * plan.rows.length, () => {
        if (kill !== undefined) {
          const applied = apply(kill.applied ?? 0).length
          update({
            status: kill.as ?? 'killed',
            progress: applied,
            message: kill.message ?? 'Job was terminated',
            results: null,
          })
          return
        }
        const results = apply(plan.rows.length)
        const time = instance.clock.now().toISOString().slice(0, 19).replace('T', ' ')
        update({ status: 'completed', progress: plan.rows.length, message: `Completed at ${time} +0000`, results })
      })
    })
  }

  return { start, close: timers.close }
}

function chosen(rows: RowSelection | undefined, row: JobRow, index: number): boolean {
  if (rows === undefined) return true
  const { id, external_id: externalId, name } = row.about
  return (
    (id !== undefined && (rows.ids?.includes(id) ?? false)) ||
    (typeof externalId === 'string' && (rows.external_ids?.includes(externalId) ?? false)) ||
    (name !== undefined && (rows.names?.includes(name) ?? false)) ||
    (rows.indexes?.includes(index) ?? false)
  )
}

function failedRow(
  index: number,
  row: JobRow,
  fault: Extract<Fault, { kind: 'rows' }>,
  plan: JobPlan,
): { readonly [key: string]: Json } {
  const noun = plan.noun.charAt(0).toUpperCase() + plan.noun.slice(1)
  const error = fault.error ?? `${noun}${plan.verb.replace(/ing$/, 'e')}Failed`
  const { id } = row.about
  return { index, error, ...(id === undefined ? {} : { id }), details: fault.details ?? 'Database collision' }
}
