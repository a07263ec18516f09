import { foldAddress, type FieldTypes, type JsonObject, type Run } from 'zds'
import type { Client } from './client.ts'
import type { Kind } from './kinds.ts'
import { rowsOf, textIn } from './replies.ts'
import { together } from './together.ts'

/** Records by their external ids, by those in lower case. */
export type Finder = (values: readonly string[], run: Run) => Promise<ReadonlyMap<string, JsonObject>>

/** What finds records by their external ids; all that are wanted at the same moment, together. */
export const finding = (client: Client, kind: Kind): Finder =>
  together(async (values, run) => {
    const rows = await ask(client, [kind.resource, 'show_many'], { external_ids: values.join(',') }, kind, run)
    return new Map(rows.map((row) => [(textIn(row, kind.identity) ?? '').toLowerCase(), row]))
  })

/** Records of one kind of an instance, and how one is found again. */
export type Collection = {
  readonly client: Client
  readonly kind: Kind
  readonly types: FieldTypes
  readonly find: Finder
}

/**
 * The record whose identity is `value`, compared without case as Zendesk does, or undefined.
 * Organizations are looked up directly; users go through the search index, which can be seconds
 * behind (ZD-10).
 */
export async function find(
  value: string,
  { client, kind, find: many }: Collection,
  run: Run,
): Promise<JsonObject | undefined> {
  // A comma would make two external ids of it.
  if (kind.identity === 'external_id')
    return value.includes(',') ? undefined : (await many([value], run)).get(value.toLowerCase())
  const query = { query: `email:"${value.replaceAll('"', '')}"` }
  const rows = await ask(client, [kind.resource, 'search'], query, kind, run)
  return rows.find((row) => foldAddress(textIn(row, kind.identity) ?? '') === foldAddress(value))
}

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
