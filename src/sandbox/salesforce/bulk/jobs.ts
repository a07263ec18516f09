import type { Fault } from '../../faults/types.ts'
import type { Timers } from '../../server/timers.ts'
import type { Clock, Json } from '../../types.ts'
import { makeId } from '../ids.ts'
import { integrationUser } from '../token.ts'
import type { CsvFormat } from './csv.ts'

/** How long a job waits and works, and works longer for each of its rows, milliseconds. */
export type BulkMs = { readonly queued: number; readonly working: number; readonly perRow?: number }

/** What a job is made of: the rows are those of the moment it is created. */
export type BulkPlan = {
  readonly operation: 'query' | 'queryAll'
  readonly object: string
  /** The API version as it stands in the path, such as `v62.0`. */
  readonly version: string
  readonly format: CsvFormat
  readonly header: string
  readonly lines: readonly string[]
}

/** A query job as it is now. */
export type BulkJob = BulkPlan & {
  readonly id: string
  readonly created: Date
  readonly changed: Date
  readonly state: 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted'
  readonly processed: number
  readonly errorMessage?: string
}

/** What goes wrong with a job. */
type BulkFault = Extract<Fault, { kind: 'kill' | 'stuck' }>

/** The query jobs, which run by themselves as time goes. */
export type BulkJobs = {
  create(plan: BulkPlan, faults: readonly BulkFault[]): BulkJob
  find(id: string): BulkJob | undefined
  all(): BulkJob[]
  /** False for a job that has ended. */
  abort(id: string): boolean
  delete(id: string): void
}

/** So many jobs are remembered with their rows, so that a sandbox can run for days. */
const keptJobs = 20

export function createBulkJobs(ms: BulkMs, timers: Timers, clock: Clock): BulkJobs {
  const jobs = new Map<string, BulkJob>()
  let made = 0

  const change = (id: string, to: Partial<BulkJob>): boolean => {
    const job = jobs.get(id)
    if (job === undefined || !isOpen(job)) return false
    jobs.set(id, { ...job, ...to, changed: clock.now() })
    return true
  }

  const run = (job: BulkJob, faults: readonly BulkFault[]): void => {
    const stuck = faults.find((fault) => fault.kind === 'stuck')
    const kill = faults.find((fault) => fault.kind === 'kill')
    if (stuck?.as === 'queued') return
    timers.later(ms.queued, () => {
      change(job.id, { state: 'InProgress', processed: stuck?.applied ?? 0 })
      if (stuck !== undefined) return
      timers.later(ms.working + (ms.perRow ?? 0) * job.lines.length, () => change(job.id, outcome(job, kill)))
    })
  }

  return {
    create: (plan, faults) => {
      made += 1
      const now = clock.now()
      const id = makeId('750', made)
      const job: BulkJob = { ...plan, id, created: now, changed: now, state: 'UploadComplete', processed: 0 }
      jobs.set(id, job)
      const oldest = jobs.keys().next().value
      if (jobs.size > keptJobs && oldest !== undefined) jobs.delete(oldest)
      run(job, faults)
      return job
    },
    find: (id) => jobs.get(id),
    all: () => [...jobs.values()],
    abort: (id) => change(id, { state: 'Aborted' }),
    delete: (id) => void jobs.delete(id),
  }
}

const isOpen = ({ state }: BulkJob): boolean => state === 'UploadComplete' || state === 'InProgress'

function outcome(job: BulkJob, kill: Extract<Fault, { kind: 'kill' }> | undefined): Partial<BulkJob> {
  if (kill === undefined) return { state: 'JobComplete', processed: job.lines.length }
  const processed = kill.applied ?? 0
  if (kill.as !== 'failed') return { state: 'Aborted', processed }
  return { state: 'Failed', processed, errorMessage: kill.message ?? 'InternalServerError : The job could not be run' }
}

/** A job in the words of the answer to its creation. */
export function createdBody(job: BulkJob): { [key: string]: Json } {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: integrationUser,
    createdDate: timestamp(job.created),
    systemModstamp: timestamp(job.changed),
    state: job.state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number(job.version.slice(1)),
    lineEnding: job.format.lineEnding,
    columnDelimiter: job.format.columnDelimiter,
  }
}

/** A job in the words of the answer to a question about it. */
export function jobBody(job: BulkJob): { [key: string]: Json } {
  return {
    ...createdBody(job),
    jobType: 'V2Query',
    numberRecordsProcessed: job.processed,
    retries: 0,
    totalProcessingTime: job.changed.getTime() - job.created.getTime(),
    isPkChunkingSupported: true,
    ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
  }
}

const timestamp = (date: Date): string => date.toISOString().replace('Z', '+0000')
