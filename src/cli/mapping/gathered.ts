import { explainKey } from '../../core/answers/explain.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { NAME } from '../../core/field-types.ts'
import type { Fields, Sync } from '../../core/types.ts'
import type { Json } from '../../core/json.ts'
import { rowsIn, type Shared } from '../../core/run/shared.ts'
import type { Rows } from './anonymous.ts'
import { desiredIn, gatheredIn, stagesFor, type DesiredBySync, type KeysBySync } from './desired.ts'

/** What a run has gathered of one key, and what it made of it. */
export type KeyRecorded = {
  readonly key: string
  readonly asOf: string
  readonly keys: KeysBySync
  readonly given: Rows
  readonly desired: DesiredBySync
  /** What records are called, in the sources and in the targets. */
  readonly names: ReadonlySet<string>
}

/**
 * The rows of a run that speak of a key, and of the keys that those name. Throws USAGE for an
 * unknown one.
 */
export async function foundOf(
  asked: string,
  sync: string | undefined,
  shared: Shared,
  run: string,
): Promise<KeyRecorded> {
  const { key, asOf, syncs } = await explainKey({ asked, sync }, shared, run)
  const keys = Object.fromEntries(syncs.map((one) => [one.sync, [key]]))
  const needed = new Set(stagesFor(Object.keys(keys), shared).map(({ id }) => id))
  const sources = new Map([...gatheredIn(shared)].filter(([, id]) => needed.has(id)))
  const first = await rowsOf(sources, new Set([key]), shared, run)
  const linked = await keysNamedIn(first, shared, run)
  const given = await rowsOf(sources, linked.add(key), shared, run)
  return {
    key,
    asOf,
    keys,
    given,
    desired: await desiredIn(keys, shared, run),
    names: await namesOf(linked, shared, run),
  }
}

async function rowsOf(
  sources: ReadonlyMap<string, string>,
  keys: ReadonlySet<string>,
  { state }: Shared,
  run: string,
): Promise<Rows> {
  const given: { [source: string]: readonly Json[] } = {}
  for (const [source, id] of sources) {
    const rows: Json[] = []
    for await (const row of state.artifacts(run).read(id))
      if (valuesIn(row).some((text) => isOne(text, keys))) rows.push(row)
    if (rows.length > 0) given[source] = rows
  }
  return given
}

const valuesIn = (value: Json): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap((one: Json) => valuesIn(one))
      : []

/** An address in any case. */
const isOne = (text: string, keys: ReadonlySet<string>): boolean =>
  keys.has(text) || (text.includes('@') && keys.has(text.trim().toLowerCase()))

async function keysNamedIn(given: Rows, shared: Shared, run: string): Promise<Set<string>> {
  const texts = new Set(Object.values(given).flatMap((rows) => rows.flatMap((row) => valuesIn(row))))
  const keys = new Set<string>()
  for (const { desired } of syncsOf(shared.config).values())
    for await (const { key } of rowsIn(desired, shared, run)) if (texts.has(key)) keys.add(key)
  return keys
}

/** The values of all fields that are names. */
async function namesOf(keys: ReadonlySet<string>, shared: Shared, run: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const sync of syncsOf(shared.config).values()) {
    for await (const row of rowsIn(sync.desired, shared, run))
      if (row.kind === 'record' && keys.has(row.key)) for (const name of namesIn(row.fields, sync)) names.add(name)
    for await (const { fields } of rowsIn(sync.target, shared, run))
      if (valuesIn(fields).some((text) => isOne(text, keys))) for (const name of namesIn(fields, sync)) names.add(name)
  }
  return names
}

const namesIn = (fields: Fields, { target: { types } }: Sync): string[] =>
  Object.entries(fields).flatMap(([field, value]) =>
    types[field]?.name === NAME.name && typeof value === 'string' && value !== '' ? [value] : [],
  )
