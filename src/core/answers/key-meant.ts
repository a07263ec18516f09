import { stages, type Stage } from '../config/stages.ts'
import { foldKeys } from '../compare/compare.ts'
import { ZdsError } from '../errors.ts'
import type { Json } from '../json.ts'
import { foldName, keyReader } from '../keys.ts'
import { nearest } from '../options.ts'
import type { Explained } from '../explained.ts'
import type { Desired, Existing, Sync } from '../types.ts'
import { UNWATCHED_STAGE } from '../run/schedule.ts'
import { lend, rowsIn, type Shared } from '../run/shared.ts'

/** What is asked about, and the syncs that may know it. */
export type KeyAsked = { readonly key: string; readonly syncs: ReadonlyMap<string, Sync> }

/** The key under which a record of a target is known here: its own, else its id. */
export function keyOfRecord({ id, fields }: Existing, { rules, target }: Sync): string {
  const { text, raw } = keyReader(rules, target.types).ofFields(fields)
  return text || raw || id
}

/**
 * The key that is meant by a key in any spelling, an id of a target, or the name of a record (AMB-20).
 * Throws USAGE where nothing is found, and where several are.
 */
export async function keyMeant({ key: asked, syncs }: KeyAsked, shared: Shared, runId: string): Promise<string> {
  const found = new Set<string>()
  for (const sync of syncs.values()) for await (const key of keysIn(asked, sync, shared, runId)) found.add(key)
  if (found.size === 0) {
    for (const sync of syncs.values())
      for (const spelling of spellings(asked, sync))
        for (const { key } of await explainedBy(sync, spelling, shared, runId)) found.add(key)
  }
  const [key, ...others] = found
  if (key === undefined)
    throw new ZdsError('USAGE', `Nothing that was read is called ${asked}`, {
      hint: hintNear(asked, await namesIn(syncs, shared, runId)),
    })
  if (others.length === 0) return key
  throw new ZdsError('USAGE', `${asked} may be any of ${[...found].join(', ')}`, {
    hint: 'Ask for one of these, or for one sync: --sync NAME.',
  })
}

/**
 * What the records are called that were read, and those that are desired. Those of an instance that
 * keeps them to itself are left out: what an error says is in logs, too (OPS-08).
 */
async function namesIn(syncs: KeyAsked['syncs'], shared: Shared, runId: string): Promise<readonly string[]> {
  const names = new Map<string, string>()
  for (const { rules, target, desired } of syncs.values()) {
    const { unique } = rules
    if (unique === undefined || target.confined === true) continue
    for (const source of [target, desired])
      for await (const row of rowsIn<Existing | Desired>(source, shared, runId)) {
        const name = 'fields' in row ? row.fields[unique] : undefined
        if (typeof name === 'string' && !names.has(foldName(name))) names.set(foldName(name), name.trim())
      }
  }
  return [...names.values()]
}

/** From so many letters on, a part of a name says something. */
const PART = 3
const SHOWN = 3

/** Names that have what was asked for in them, else the nearest one. */
function hintNear(asked: string, names: readonly string[]): string {
  const part = foldName(asked)
  const having = part.length < PART ? [] : names.filter((name) => foldName(name).includes(part))
  const near = having.length > 0 ? having.toSorted() : [nearest(part, names) ?? []].flat()
  if (near.length === 0) return 'Give the key itself, the id of a record, an e-mail address, or the whole name.'
  const told = near.slice(0, SHOWN).map((name) => JSON.stringify(name))
  const last = near.length > SHOWN ? `another of ${near.length}` : told.pop()
  return `Did you mean ${told.length === 0 ? last : `${told.join(', ')} or ${last}`}?`
}

/** What was asked for, as the keys of a sync are spelt: of ids case counts, of addresses it does not. */
function spellings(asked: string, { rules, target }: Sync): string[] {
  const { ofText } = keyReader(rules, target.types)
  const folded = asked.includes('@') ? [asked, asked.trim().toLowerCase()] : [asked]
  const keys = folded.map((text) => ofText(text).text).filter((text) => text !== '')
  return [...new Set([...keys, asked])]
}

/** The keys of all that was read and may be meant. */
async function* keysIn(asked: string, sync: Sync, shared: Shared, runId: string): AsyncIterable<string> {
  const { unique } = sync.rules
  const keys = new Set(spellings(asked, sync))
  const isNamed = (name: Json | undefined): boolean => asked.trim() !== '' && foldName(name) === foldName(asked)
  for await (const row of rowsIn(sync.target, shared, runId)) {
    const key = keyOfRecord(row, sync)
    if (keys.has(key) || row.id === asked || isNamed(unique && row.fields[unique])) yield key
  }
  for await (const row of foldKeys(rowsIn(sync.desired, shared, runId), sync)) {
    if (row.kind === 'notice') continue
    if (keys.has(row.key) || (row.kind === 'record' && isNamed(unique && row.fields[unique]))) yield row.key
  }
}

/** What the processor of a sync knows of a key or a name. */
export async function explainedBy(
  sync: Sync,
  asked: string,
  shared: Shared,
  runId: string,
): Promise<readonly Explained[]> {
  const stage = desiredStage(sync, shared)
  if (stage === undefined || sync.desired.explain === undefined) return []
  return sync.desired.explain(asked, lend(stage, shared, runId, UNWATCHED_STAGE))
}

/** The stage that computes what a sync desires. */
export const desiredStage = ({ desired }: Sync, { config }: Shared): Stage | undefined =>
  stages(config).find((stage) => stage.kind === 'gather' && stage.source === desired)
