import { gzipSync } from 'node:zlib'
import type { Context, Hono } from 'hono'
import type { Env } from '../../server/exchange.ts'
import { notFound, refuse } from '../replies.ts'
import { csvText } from './csv.ts'
import type { BulkJob, BulkJobs } from './jobs.ts'

/** Up to so many pages are named by one answer of resultPages. */
const pagesNamed = 5

/** The results of a job: page after page, or the addresses of pages to be read side by side. */
export function resultRoutes(app: Hono<Env>, path: string, jobs: BulkJobs, pageSize: number): void {
  const withResults = (c: Context<Env>, answer: (job: BulkJob, from: number) => Response): Response => {
    const job = jobs.find(c.req.param('id') ?? '')
    if (job === undefined) return notFound(c)
    // The status is documented, the code is not.
    if (c.req.param('version') !== job.version)
      return refuse(c, 409, 'API_VERSION_MISMATCH', `The job was created with API version ${job.version}`)
    if (job.state !== 'JobComplete')
      return refuse(c, 400, 'INVALIDJOBSTATE', `Results are there when the job is complete; it is ${job.state}`)
    const from = offsetOf(c.env.exchange.query.get('locator'))
    if (from === undefined || from > Math.max(0, job.lines.length - 1))
      return refuse(c, 400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    return answer(job, from)
  }

  app.get(`${path}/:id/results`, (c) =>
    withResults(c, (job, from) => {
      const most = Number(c.env.exchange.query.get('maxRecords') ?? pageSize)
      if (!Number.isInteger(most) || most < 1) return refuse(c, 400, 'CLIENTINPUTERROR', 'Invalid value for maxRecords')
      return answerPage(c, job, from, Math.min(most, pageSize))
    }),
  )

  app.get(`${path}/:id/resultPages`, (c) => {
    if (Number((c.req.param('version') ?? '').slice(1)) < 58) return notFound(c)
    return withResults(c, (job, from) => c.json(pagesBody(job, from, pageSize)))
  })
}

/** A page of rows below the header; a fault may hold one back that is counted. */
function answerPage(c: Context<Env>, job: BulkJob, from: number, size: number): Response {
  const next = from + size
  const lines = job.lines.slice(from, next)
  c.header('Sforce-NumberOfRecords', String(lines.length))
  c.header('Sforce-Locator', next < job.lines.length ? locatorOf(next) : 'null')
  c.header('Content-Type', 'text/csv; charset=UTF-8')
  if (lines.length > 0) {
    for (const fault of c.env.exchange.take(['short'], (due) => due.kind === 'short' && due.child === undefined))
      lines.splice(fault.row ?? lines.length - 1, 1)
  }
  const text = csvText([job.header, ...lines], job.format)
  if (c.req.header('accept-encoding')?.includes('gzip') !== true) return c.body(text)
  c.header('Content-Encoding', 'gzip')
  return c.body(new Uint8Array(gzipSync(text)))
}

function pagesBody(
  job: BulkJob,
  from: number,
  pageSize: number,
): { resultPages: { resultUrl: string }[]; nextRecordsUrl: string | null; done: boolean } {
  const path = `/services/data/${job.version}/jobs/query/${job.id}`
  const pages = Math.min(pagesNamed, Math.max(1, Math.ceil((job.lines.length - from) / pageSize)))
  const next = from + pages * pageSize
  const done = next >= job.lines.length
  return {
    resultPages: Array.from({ length: pages }, (_, n) => ({
      resultUrl: `${path}/results?locator=${locatorOf(from + n * pageSize)}`,
    })),
    nextRecordsUrl: done ? null : `${path}/resultPages?locator=${locatorOf(next)}`,
    done,
  }
}

/** Locators say nothing to a client: the number of the row, in base64. */
const locatorOf = (row: number): string => Buffer.from(String(row)).toString('base64url')

/** The row a locator stands for, the first without one; undefined when it is none. */
function offsetOf(locator: string | null): number | undefined {
  if (locator === null) return 0
  const text = Buffer.from(locator, 'base64url').toString()
  return /^\d+$/.test(text) ? Number(text) : undefined
}
