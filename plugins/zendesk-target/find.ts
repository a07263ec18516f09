import { foldAddress, type JsonObject, type Run } from 'zds'
import type { Client } from './client.ts'
import type { Kind } from './kinds.ts'
import { rowsOf, textIn } from './replies.ts'
import { together } from './together.ts'

/**
 * The record whose identity is `value`, compared without case as Zendesk does, or undefined.
 * Organizations are looked up directly; users go through the search index, which can be seconds
 * behind (ZD-10).
 */
export async function find(value: string, client: Client, kind: Kind, run: Run): Promise<JsonObject | undefined> {
  const rows =
    kind.identity === 'external_id'
      ? await ask(client, [kind.resource, 'show_many'], { external_ids: value }, kind, run)
      : await ask(client, [kind.resource, 'search'], { query: `email:"${value.replaceAll('"', '')}"` }, kind, run)
  return rows.find((row) => foldAddress(textIn(row, kind.identity) ?? '') === foldAddress(value))
}

/** What finds records by their external ids, by that in lower case. */
export const finding = (client: Client, kind: Kind): Finding =>
  together(async (values, run) => {
    const rows = await ask(client, [kind.resource, 'show_many'], { external_ids: values.join(',') }, kind, run)
    return new Map(rows.map((row) => [(textIn(row, kind.identity) ?? '').toLowerCase(), row]))
  })

export type Finding = (values: readonly string[], run: Run) => Promise<ReadonlyMap<string, JsonObject>>

async function ask(
  client: Client,
  path: readonly string[],
  query: { readonly [name: string]: string },
  { resource }: Kind,
  run: Run,
): Promise<JsonObject[]> {
  const { body } = await client.call({ method: 'GET', path, query }, run)
  return rowsOf(client.instance, resource, body)
}
