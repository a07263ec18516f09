import { ZdsError, type Caller, type JsonObject } from 'zds'
import type { Client } from './client.ts'
import { idIn, objectIn, rowsOf } from './replies.ts'

type ListingPage = { readonly rows: readonly JsonObject[]; readonly next: string | undefined }

/** More rows than any list has that nobody announced the length of. */
const MOST_ROWS = 100_000

/**
 * The pages of a list, `{ [resource]: rows }`, by cursor and of 100 rows, each row once: one that
 * moves while we page can come twice. The next page is asked for while one is processed. Only the
 * cursor is taken from an answer, never its links: the address stays ours (ZD-01).
 * Throws INCOMPLETE for a list that would not end: one that comes back to a cursor, has a page of
 * known rows only and says that there is more, or brings more than `most` rows.
 */
export async function* pages(
  client: Client,
  resource: string,
  run: Caller,
  most = MOST_ROWS,
): AsyncIterable<readonly JsonObject[]> {
  const cursors = new Set<string>()
  const ids = new Set<string>()
  let received = 0
  const ask = (after?: string): Promise<ListingPage> => {
    const page = one(client, resource, after, run)
    // Where nobody asks for the page any more, its failure is nobody's.
    page.catch(() => undefined)
    return page
  }
  for (let coming: Promise<ListingPage> | undefined = ask(); coming !== undefined;) {
    const { rows, next }: ListingPage = await coming
    const fresh = rows.filter((row) => isNew(ids, idIn(row)))
    received += fresh.length
    const why = next === undefined ? undefined : endlessBy(cursors, next, fresh.length)
    if (why !== undefined || received > most)
      throw endless(client.instance, resource, why ?? `has brought more than ${most} rows`)
    coming = next === undefined ? undefined : ask(next)
    yield fresh
  }
}

function isNew(known: Set<string>, id: string | undefined): boolean {
  if (id === undefined) return true
  if (known.has(id)) return false
  known.add(id)
  return true
}

function endlessBy(cursors: Set<string>, next: string, fresh: number): string | undefined {
  if (cursors.has(next)) return 'came back to a page that it had already given'
  cursors.add(next)
  return fresh === 0 ? 'has a page of known rows only, and says that there is more' : undefined
}

async function one(client: Client, resource: string, after: string | undefined, run: Caller): Promise<ListingPage> {
  const query = { 'page[size]': 100, ...(after === undefined ? {} : { 'page[after]': after }) }
  const { body } = await client.call({ method: 'GET', path: [resource], query }, run)
  const rows = rowsOf(client.instance, resource, body)
  const { has_more: more, after_cursor: cursor } = objectIn(body, 'meta')
  // The last page has a cursor too, some answers have no has_more, and the page after the last is
  // empty: any of the three ends it.
  const last = more === false || rows.length === 0 || typeof cursor !== 'string'
  return { rows, next: last ? undefined : cursor }
}

function endless(instance: string, resource: string, why: string): ZdsError {
  return new ZdsError('INCOMPLETE', `${instance}: the list of ${resource} does not end: it ${why}`, {
    hint: 'Nothing was compared. Run it again; if it stays, report it to Zendesk.',
  })
}
