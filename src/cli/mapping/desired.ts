import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explainedBy } from '../../core/answers/key-meant.ts'
import { calendarDate, systemClock } from '../../core/clock.ts'
import { foldKeys } from '../../core/compare/compare.ts'
import type { Project } from '../../core/config/load.ts'
import { computedIn, stageOf, stages, syncsOf } from '../../core/config/stages.ts'
import { UNWATCHED } from '../../core/run/schedule.ts'
import { ZdsError } from '../../core/errors.ts'
import type { Said } from '../../core/explained.ts'
import type { Json } from '../../core/json.ts'
import { keyReader } from '../../core/keys.ts'
import { hintAmong } from '../../core/options.ts'
import { fromRun, inScratch } from '../../core/run/from-run.ts'
import { readStages, type Reading } from '../../core/run/plan-run.ts'
import { rowsIn, type Shared } from '../../core/run/shared.ts'
import { within } from '../../core/settings.ts'
import { localState } from '../../core/state/local.ts'
import type { Sync } from '../../core/types.ts'

/** What is given, by the name of the source, and for which day. */
export type GivenRows = {
  readonly name: string
  readonly asOf: string
  readonly variables?: { readonly [name: string]: string }
  readonly given: { readonly [source: string]: readonly unknown[] }
  /** The line of what is at a path, where it stands in a file. */
  readonly lineOf?: (path: readonly string[]) => number
}

/** What is asked for: keys by sync. */
export type KeysBySync = { readonly [sync: string]: readonly string[] }

/** What the syncs desire for the keys that were asked for, as they were asked for. */
export type DesiredBySync = { readonly [sync: string]: { readonly [key: string]: Said } }

/** Work that asks nobody and leaves nothing: its state is gone when it is. */
export async function withEmptyState<Result>(
  { config, fingerprint }: Project,
  signal: AbortSignal,
  work: (shared: Shared) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'zds-mapping-'))
  const state = localState(directory)
  try {
    return await work({ config, fingerprint, state, clock: systemClock(), signal, partial: true })
  } finally {
    await state.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const RUN = 'mapping'

/**
 * What comes of rows through the processors of the configuration: each source that is gathered has
 * the rows that are given, and none where none are. Throws USAGE for a source or a sync that is not
 * there.
 */
export async function desiredFrom(
  { name, asOf, variables, given, lineOf }: GivenRows,
  keys: KeysBySync,
  shared: Shared,
) {
  const placeOf = (...path: readonly string[]): string => (lineOf === undefined ? name : `${name}:${lineOf(path)}`)
  const sources = gatheredIn(shared)
  for (const source of Object.keys(given))
    assertKnown(placeOf('given', source), 'gathered source', source, sources.keys())
  const syncs = syncsOf(shared.config)
  for (const sync of Object.keys(keys)) assertKnown(placeOf('expect', sync), 'sync', sync, syncs.keys())
  return within({ ...process.env, ...variables }, () =>
    inScratch(shared, async (here, artifacts) => {
      const at = `${calendarDate(asOf)}T12:00:00.000Z`
      for (const [source, id] of sources)
        await artifacts.write(id, (given[source] ?? []) as Json[], (rows) => ({ rows, complete: true, at, asOf })) // YAML has no more than JSON
      return fromRun({ name, artifacts }, here, async (offline) => {
        await readStages(stagesFor(Object.keys(keys), offline), offline, RUN, UNWATCHED)
        return desiredIn(keys, offline, RUN)
      })
    }),
  )
}

/** The sources that are read from elsewhere, each with its stage, by name. */
export function gatheredIn({ config }: Pick<Shared, 'config'>): ReadonlyMap<string, string> {
  const isComputed = computedIn(config)
  return new Map(
    stages(config).flatMap((stage) =>
      stage.kind === 'gather' && !isComputed(stage.source) ? [[stage.name, stage.id] as const] : [],
    ),
  )
}

function assertKnown(place: string, what: string, name: string, names: Iterable<string>): void {
  const known = [...names]
  if (known.includes(name)) return
  throw new ZdsError('USAGE', `${place}: there is no ${what} ${name}`, { hint: hintAmong(name, known) })
}

/** The stages that the desired records of syncs come from. */
export function stagesFor(names: readonly string[], { config }: Pick<Shared, 'config'>): Reading[] {
  const idOf = stageOf(config)
  const syncs = syncsOf(config)
  const needed = new Set(names.flatMap((name) => (syncs.get(name) ? [idOf((syncs.get(name) as Sync).desired)] : []))) // found just now
  const all = stages(config).filter((stage): stage is Reading => stage.kind !== 'apply')
  for (const { id, needs } of all.toReversed()) if (needed.has(id)) for (const one of needs) needed.add(one)
  return all.filter(({ id }) => needed.has(id))
}

/** What the syncs desire for keys, from the artifacts of a run. */
export async function desiredIn(keys: KeysBySync, shared: Shared, run: string): Promise<DesiredBySync> {
  const found: { [sync: string]: { readonly [key: string]: Said } } = {}
  for (const [name, asked] of Object.entries(keys)) {
    const sync = syncsOf(shared.config).get(name)
    if (sync !== undefined) found[name] = await saidBy(sync, asked, shared, run)
  }
  return found
}

async function saidBy(
  sync: Sync,
  keys: readonly string[],
  shared: Shared,
  run: string,
): Promise<{ [key: string]: Said }> {
  const reader = keyReader(sync.rules, sync.target.types)
  const said = new Map<string, Said>()
  for await (const row of foldKeys(rowsIn(sync.desired, shared, run), sync))
    if (row.kind !== 'notice') said.set(row.key, row)
  const answers = keys.map(async (key): Promise<[string, Said]> => {
    const there = said.get(reader.ofText(key).text || key)
    if (there !== undefined) return [key, there]
    const [explained] = await explainedBy(sync, key, shared, run)
    return [key, { kind: 'absent', key, reason: explained?.absent ?? NOBODY }]
  })
  return Object.fromEntries(await Promise.all(answers))
}

/** Of a key that the processor does not know. */
const NOBODY = 'unknown'
