import { ZdsError, type Existing, type FieldTypes, type Run, type Target } from 'zds'
import type { Client } from './client.ts'
import type { Kind } from './kinds.ts'
import { pages } from './pages.ts'
import { recordOf } from './records.ts'
import { objectIn, rowsOf } from './replies.ts'
import { together } from './together.ts'

/**
 * All records of a kind, each once, and the total that Zendesk announces for them (ORG-01,
 * SAFE-02).
 */
export async function* list(client: Client, kind: Kind, types: FieldTypes, run: Run): AsyncIterable<Existing> {
  const before = await count(client, kind, run)
  const about = before === undefined ? `more than ${CACHED_ABOVE}` : `about ${before}`
  let seen = 0
  for await (const rows of pages(client, kind.resource, run, 2 * (before ?? MOST_UNCOUNTED) + UNANNOUNCED)) {
    for (const row of rows) yield recordOf(row, kind, types)
    seen += rows.length
    run.progress(`${client.instance}: ${seen} of ${about} ${kind.resource}`)
  }
  const after = await count(client, kind, run)
  const total = after ?? before
  if (total === undefined) return run.incomplete(`${client.instance} does not say how many ${kind.resource} it has`)
  const came = Math.abs(total - (before ?? total))
  run.expect(total, came + (total > CACHED_ABOVE ? Math.ceil(total * CACHED_SLACK) : 0))
}

/**
 * So many records more than twice the announced ones may come before a list is taken for endless.
 */
const UNANNOUNCED = 1_000
/** Where it is not known how many there are, more than this are not reckoned with. */
const MOST_UNCOUNTED = 1_000_000

/**
 * Above this many records Zendesk counts once in 24 hours; the share of them that may come or go in
 * that time.
 */
const CACHED_ABOVE = 100_000
const CACHED_SLACK = 0.01

/** Undefined while Zendesk counts anew, and says 100,000 whatever there is (ZD-02). */
async function count(client: Client, { resource }: Kind, run: Run): Promise<number | undefined> {
  const { body } = await client.call({ method: 'GET', path: [resource, 'count'] }, run)
  const { value, refreshed_at: at } = objectIn(body, 'count')
  if (typeof value === 'number') return at === null && value >= CACHED_ABOVE ? undefined : value
  throw new ZdsError('HTTP_UNREADABLE', `${client.instance}: ${resource}/count answered without a count`)
}

/** What reads the records with some ids as they are now; those that are gone are left out. */
export function refetching(client: Client, kind: Kind, types: FieldTypes): Target['refetch'] {
  const ask = together(async (ids, run) => {
    const query = { ids: ids.join(',') }
    const { body } = await client.call({ method: 'GET', path: [kind.resource, 'show_many'], query }, run)
    const records = rowsOf(client.instance, kind.resource, body).map((row) => recordOf(row, kind, types))
    return new Map(records.map((record) => [record.id, record]))
  })
  return async function* (ids, run) {
    const found = await ask(ids, run)
    yield* ids.flatMap((id) => found.get(id) ?? [])
  }
}
