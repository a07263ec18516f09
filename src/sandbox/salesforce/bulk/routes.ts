import type { Context, Hono } from 'hono'
import { isObject, textOf } from '../../json.ts'
import type { Env } from '../../server/exchange.ts'
import type { Json, Row } from '../../types.ts'
import { notFound, refuse } from '../replies.ts'
import type { Compiled } from '../soql/compile.ts'
import { isSoqlError, soqlError } from '../soql/errors.ts'
import { csvLines, isDelimiter, isLineEnding, type CsvFormat } from './csv.ts'
import { createdBody, jobBody, type BulkJob, type BulkJobs, type BulkPlan } from './jobs.ts'
import { resultRoutes } from './pages.ts'

/** What query jobs run on. */
type Queries = { compile(text: string): Compiled; rows(query: Compiled): Row[] }

/** Bulk API 2.0, queries only: jobs are made, watched, aborted, deleted, and their results read. */
export function bulkRoutes(app: Hono<Env>, queries: Queries, jobs: BulkJobs, pageSize: number): void {
  const path = '/services/data/:version/jobs/query'

  app.post(path, (c) => {
    try {
      return c.json(createdBody(create(c, queries, jobs)))
    } catch (error) {
      if (isSoqlError(error)) return refuse(c, 400, error.errorCode, error.message)
      throw error
    }
  })
  app.get(path, (c) => c.json({ done: true, records: jobs.all().map(jobBody), nextRecordsUrl: null }))
  app.get(`${path}/:id`, (c) => withJob(c, jobs, (job) => c.json(jobBody(job))))
  app.patch(`${path}/:id`, (c) => withJob(c, jobs, (job) => abort(c, job, jobs)))
  app.delete(`${path}/:id`, (c) => withJob(c, jobs, (job) => remove(c, job, jobs)))
  resultRoutes(app, path, jobs, pageSize)
}

function withJob(c: Context<Env>, jobs: BulkJobs, answer: (job: BulkJob) => Response): Response {
  const job = jobs.find(c.req.param('id') ?? '')
  return job === undefined ? notFound(c) : answer(job)
}

function create(c: Context<Env>, queries: Queries, jobs: BulkJobs): BulkJob {
  const body = isObject(c.env.exchange.body) ? c.env.exchange.body : {}
  const { operation } = body
  if (operation !== 'query' && operation !== 'queryAll')
    throw soqlError('INVALIDOPERATION', `Invalid value for operation: '${textOf(operation)}'`)
  const format = formatOf(body)
  const query = queries.compile(textOf(body['query']))
  checkBulk(query)
  const rows = queries.rows(query)
  // Only a query without order and limit is cut into chunks by primary key.
  const ordered = query.order !== undefined || query.limit !== Number.POSITIVE_INFINITY
  const lines = csvLines(query, ordered ? rows : asChunksFinish(rows), format)
  const plan: BulkPlan = {
    operation,
    object: query.object.name,
    version: c.req.param('version') ?? '',
    format,
    ...lines,
  }
  return jobs.create(plan, c.env.exchange.take(['kill', 'stuck']))
}

function formatOf(body: { readonly [key: string]: Json }): CsvFormat {
  const { contentType = 'CSV', columnDelimiter = 'COMMA', lineEnding = 'LF' } = body
  const invalid = (key: string, value: Json): Error =>
    soqlError('CLIENTINPUTERROR', `Invalid value for ${key}: '${textOf(value)}'`)
  if (contentType !== 'CSV') throw invalid('contentType', contentType)
  if (typeof columnDelimiter !== 'string' || !isDelimiter(columnDelimiter))
    throw invalid('columnDelimiter', columnDelimiter)
  if (typeof lineEnding !== 'string' || !isLineEnding(lineEnding)) throw invalid('lineEnding', lineEnding)
  return { columnDelimiter, lineEnding }
}

/** Refuses what the query resource can do and a query job cannot. */
function checkBulk(query: Compiled): void {
  const unsupported = (what: string): Error =>
    soqlError('API_ERROR', `${what} not supported in Bulk V2 Query with CSV content type`)
  if (query.select.some((item) => item.kind === 'children')) throw unsupported('Aggregate Relationships')
  if (query.count) throw unsupported('Aggregate functions')
  if (query.offset > 0) throw unsupported('OFFSET')
}

/** Chunks by primary key run side by side: each is in order, but they finish in any order. */
function asChunksFinish(rows: readonly Row[]): Row[] {
  const size = Math.ceil(rows.length / 8)
  const chunks = Array.from({ length: 8 }, (_, n) => rows.slice(n * size, (n + 1) * size))
  return [1, 0].flatMap((odd) => chunks.filter((_, n) => n % 2 === odd)).flat()
}

function abort(c: Context<Env>, job: BulkJob, jobs: BulkJobs): Response {
  const { body } = c.env.exchange
  const state = isObject(body) ? textOf(body['state']) : ''
  if (state !== 'Aborted') return refuse(c, 400, 'INVALIDJOBSTATE', `Invalid value for state: '${state}'`)
  if (!jobs.abort(job.id)) return refuse(c, 400, 'INVALIDJOBSTATE', 'Aborting already Completed Job not allowed')
  return c.json(createdBody({ ...job, state: 'Aborted' }))
}

function remove(c: Context<Env>, job: BulkJob, jobs: BulkJobs): Response {
  if (job.state === 'InProgress')
    return refuse(c, 400, 'INVALIDJOBSTATE', 'A job in progress cannot be deleted: abort it first')
  jobs.delete(job.id)
  return c.body(null, 204)
}
