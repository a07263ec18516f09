import { isObject, messageOf, ZdsError, type Json, type Request, type Run } from 'zds'
import type { Connection } from '../connection.ts'
import { incomplete } from './pages.ts'

/** A query job of the Bulk API 2.0, and the source that it is for. */
export type QueryJob = {
  readonly connection: Connection
  readonly name: string
  readonly object: string
  readonly id: string
}

/** Begins one. A second one, where an answer was lost, does no harm: Salesforce forgets it. */
export async function beginJob(asked: Omit<QueryJob, 'id'>, query: string, run: Run): Promise<QueryJob> {
  const { connection, name, object } = asked
  const { body } = await connection.send(
    {
      method: 'POST',
      url: `${connection.data}/jobs/query`,
      headers: JSON_HEADERS,
      body: JSON.stringify({ operation: 'query', query }),
      repeatable: true,
    },
    object,
    run,
  )
  return { ...asked, id: textIn(body, 'id', name) }
}

/** How long a job is waited for: beyond it something is wrong, and not only large. */
const LONGEST_MS = 60 * 60_000
/** A job is looked at a second after it has begun, then ever more rarely. */
const [FIRST_MS, LAST_MS, GROWTH] = [1_000, 10_000, 1.5]

/** Waits until it has ended. The number of its rows; throws INCOMPLETE where it has none. */
export async function endOfJob(job: QueryJob, run: Run): Promise<number> {
  const { connection, name, object, id } = job
  const until = run.clock.now().getTime() + LONGEST_MS
  for (let wait = FIRST_MS; run.clock.now().getTime() < until; wait = Math.min(LAST_MS, wait * GROWTH)) {
    const body = await connection.get(pathOf(job), object, run)
    const state = textIn(body, 'state', name)
    const rows = isObject(body) ? body['numberRecordsProcessed'] : undefined
    if (state === 'JobComplete') {
      if (typeof rows === 'number') return rows
      throw unreadable(name, 'has no numberRecordsProcessed')
    }
    if (state === 'Failed' || state === 'Aborted')
      throw incomplete(`the job for ${name} ended as ${state}${reasonIn(body)}`)
    run.progress(
      `Salesforce works on ${name}: ${typeof rows === 'number' ? rows.toLocaleString('en') : 'no'} rows so far`,
    )
    await run.clock.sleep(wait, run.signal)
  }
  throw incomplete(`the job for ${name}, ${id}, has not ended within an hour`)
}

/** The texts of its pages, up to five at a time, since so many links come at a time. */
export async function* pagesOfJob(job: QueryJob, run: Run): AsyncIterable<readonly string[]> {
  const { connection, name, object } = job
  const visited = new Set<string>()
  let next: string | undefined = `${pathOf(job)}/resultPages`
  while (next !== undefined) {
    if (visited.has(next)) throw incomplete(`the pages of ${name} lead back to one that was read already`)
    visited.add(next)
    const body = await connection.get(next, object, run)
    yield await Promise.all(
      linksIn(body, job).map(
        async (url) => (await connection.send({ method: 'GET', url, accept: 'text' }, object, run)).text,
      ),
    )
    next = nextIn(body, job)
  }
}

/**
 * Has Salesforce end a job that is `open`, and forget its result, which it would keep for days.
 * Whatever becomes of that is no failure of a run that has its rows, or another failure.
 */
export async function forgetJob(job: QueryJob, open: boolean, run: Run): Promise<void> {
  const { connection, name, object } = job
  // A run that is aborted cleans up too, for a moment.
  const lasting = { ...run, signal: AbortSignal.timeout(FORGETTING_MS) }
  const send = (request: Pick<Request, 'method' | 'body' | 'headers'>) =>
    connection.send({ ...request, url: pathOf(job), accept: 'text' }, object, lasting)
  try {
    const abort = { method: 'PATCH', headers: JSON_HEADERS, body: JSON.stringify({ state: 'Aborted' }) } as const
    // It may have ended meanwhile; whether it is gone is seen when it is deleted.
    if (open) await send(abort).catch(() => undefined)
    await send({ method: 'DELETE' })
  } catch (error) {
    run.progress(`Salesforce keeps the result for ${name} for some days: ${messageOf(error)}`)
  }
}

const FORGETTING_MS = 5_000
const JSON_HEADERS = { 'content-type': 'application/json' }

const pathOf = ({ connection, id }: QueryJob): string => `${connection.data}/jobs/query/${id}`

function textIn(body: Json, name: string, what: string): string {
  const value = isObject(body) ? body[name] : undefined
  if (typeof value === 'string') return value
  throw unreadable(what, `has no ${name}`)
}

const reasonIn = (body: Json): string =>
  isObject(body) && typeof body['errorMessage'] === 'string' ? `: ${body['errorMessage']}` : ''

/** Its documentation and its answers have names of their own for pages and their links (SF-07). */
function linksIn(body: Json, job: QueryJob): string[] {
  const pages = isObject(body) ? (body['resultPages'] ?? body['resultChunks']) : undefined
  if (!Array.isArray(pages)) throw unreadable(job.name, 'has no pages')
  return pages.map((page: Json) => {
    const link = isObject(page) ? (page['resultUrl'] ?? page['resultLink']) : undefined
    if (typeof link === 'string') return below(job.connection.data, link)
    throw unreadable(job.name, 'has a page without a link')
  })
}

function nextIn(body: Json, { connection, name }: QueryJob): string | undefined {
  if (!isObject(body) || body['done'] !== false) return undefined
  const next = body['nextRecordsUrl'] ?? body['nextRecordUrl']
  if (typeof next === 'string') return below(connection.data, next)
  throw unreadable(name, 'says that there is more and not where')
}

/** Some links begin at the address of the org, some at its data. */
const below = (data: string, link: string): string =>
  /^(https?:|\/services\/)/.test(link) ? link : `${data}/${link.replace(/^\/+/, '')}`

const unreadable = (what: string, why: string): ZdsError =>
  new ZdsError('HTTP_UNREADABLE', `salesforce: the answer for the job of ${what} ${why}`)
