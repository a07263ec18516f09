import { ZdsError, type Caller, type JsonObject } from 'zds'
import type { Client } from './client.ts'
import { objectIn, rowsOf } from './replies.ts'

type Page = { readonly rows: readonly JsonObject[]; readonly next: string | undefined }

/**
 * The pages of a list, `{ [resource]: rows }`, by cursor and of 100 rows; the next one is asked for
 * while one is processed. Only the cursor is taken from an answer, never its links: the address
 * stays ours (zendesk-api.md 1). Throws INCOMPLETE when a cursor comes twice, since such a list
 * would never end.
 */
export async function* pages(client: Client, resource: string, run: Caller): AsyncIterable<readonly JsonObject[]> {
  const seen = new Set<string>()
  const ask = (after?: string): Promise<Page> => {
    const page = one(client, resource, after, run)
    // Where nobody asks for the page any more, its failure is nobody's.
    page.catch(() => undefined)
    return page
  }
  for (let coming: Promise<Page> | undefined = ask(); coming !== undefined;) {
    const { rows, next }: Page = await coming
    if (next !== undefined && seen.has(next)) throw endless(client.instance, resource)
    if (next !== undefined) seen.add(next)
    coming = next === undefined ? undefined : ask(next)
    yield rows
  }
}

async function one(client: Client, resource: string, after: string | undefined, run: Caller): Promise<Page> {
  const query = { 'page[size]': 100, ...(after === undefined ? {} : { 'page[after]': after }) }
  const { body } = await client.call({ method: 'GET', path: [resource], query }, run)
  const rows = rowsOf(client.instance, resource, body)
  const { has_more: more, after_cursor: cursor } = objectIn(body, 'meta')
  // The last page has a cursor too, some answers have no has_more, and the page after the last is
  // empty: any of the three ends it.
  const last = more === false || rows.length === 0 || typeof cursor !== 'string'
  return { rows, next: last ? undefined : cursor }
}

function endless(instance: string, resource: string): ZdsError {
  return new ZdsError('INCOMPLETE', `${instance}: the list of ${resource} came back to a page it had already given`, {
    hint: 'Nothing was compared. Run it again; if it stays, report it to Zendesk.',
  })
}
