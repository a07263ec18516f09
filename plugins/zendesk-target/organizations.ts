import { chunk, typesOf, ZdsError, type Existing, type FieldTable, type FieldTypes, type Run, type Target } from 'zds'
import type { Client } from './client.ts'
import { create } from './creates.ts'
import { checkOrganizations } from './fields-check.ts'
import { merge } from './merge.ts'
import { pages } from './pages.ts'
import { bodyOf, differences, recordOf } from './records.ts'
import { objectIn, rowsOf } from './replies.ts'
import type { Slots } from './slots.ts'
import { update, type Updatable } from './updates.ts'

export type TargetOptions = {
  readonly client: Client
  readonly fields: FieldTable
  readonly slots: Slots
  readonly createConcurrency: number
  readonly mayBeEmpty: boolean | undefined
}

/** The organizations of one instance as a target: listed by cursor, created one by one, updated and retired in jobs (SYN-01 to SYN-08). */
export function organizationTarget({ client, fields, slots, createConcurrency, mayBeEmpty }: TargetOptions): Target {
  const types = typesOf(fields)
  const updatable: Updatable = {
    client,
    slots,
    resource: 'organizations',
    payload: bodyOf,
    refetch: (ids, run) => refetch(client, ids, types, run),
    differences: (change, existing) => differences(change, existing, types),
  }
  return {
    name: client.instance,
    instance: client.instance,
    resource: 'organizations',
    types,
    ...(mayBeEmpty === undefined ? {} : { mayBeEmpty }),
    check: (run) => checkOrganizations(client, fields, run),
    read: (run) => list(client, types, run),
    refetch: (ids, run) => refetch(client, ids, types, run),
    async *apply(changes, run) {
      const creates = () => changes.values().map((change) => create(change, client, types, run))
      yield* changes[0]?.op === 'create' ? merge(creates, createConcurrency, run.signal) : update(changes, updatable, run)
    },
  }
}

/** All organizations, each once, and the total that Zendesk announces for them (ORG-01, SAFE-02). */
async function* list(client: Client, types: FieldTypes, run: Run): AsyncIterable<Existing> {
  const before = await count(client, run)
  const seen = new Set<string>()
  for await (const rows of pages(client, 'organizations', run)) {
    for (const row of rows) {
      const record = recordOf(row, types)
      // A record that moves while we page can come twice.
      if (seen.has(record.id)) continue
      seen.add(record.id)
      yield record
    }
    run.progress(`${client.instance}: ${seen.size} of about ${before} organizations`)
  }
  const after = await count(client, run)
  run.expect(after, Math.abs(after - before) + (after > CACHED_ABOVE ? Math.ceil(after * CACHED_SLACK) : 0))
}

/** Above this many records Zendesk counts once in 24 hours; the share of them that may come or go in that time. */
const CACHED_ABOVE = 100_000
const CACHED_SLACK = 0.01

async function count(client: Client, run: Run): Promise<number> {
  const { body } = await client.call({ method: 'GET', path: ['organizations', 'count'] }, run)
  const { value } = objectIn(body, 'count')
  if (typeof value === 'number') return value
  throw new ZdsError('HTTP_UNREADABLE', `${client.instance}: organizations/count answered without a count`)
}

async function* refetch(client: Client, ids: readonly string[], types: FieldTypes, run: Run): AsyncIterable<Existing> {
  for await (const some of chunk(ids, 100)) {
    const { body } = await client.call({ method: 'GET', path: ['organizations', 'show_many'], query: { ids: some.join(',') } }, run)
    for (const row of rowsOf(client.instance, 'organizations', body)) yield recordOf(row, types)
  }
}
