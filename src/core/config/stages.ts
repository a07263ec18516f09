import { ZdsError } from '../errors.ts'
import type { Config } from './define.ts'
import type { Observer } from '../observer.ts'
import type { Source, Sync, Target } from '../types.ts'

/**
 * One CI job's worth of work, as data. Three kinds are enough: processing is a gather with needs.
 */
export type Stage = {
  readonly id: string
  readonly needs: readonly string[]
  /** All that is read of it is for instances that keep their records to themselves (OPS-08). */
  readonly confined?: true
} & (
  | { readonly kind: 'gather'; readonly name: string; readonly source: Source }
  | { readonly kind: 'compare'; readonly name: string; readonly sync: Sync; readonly rivals: readonly Sync[] }
  | { readonly kind: 'apply'; readonly name: string; readonly sync: Sync }
)

/** What names a part of the configuration: stages and files are named after it. */
export const NAMED = /^[A-Za-z][\w-]*$/
const NAMING = 'Name it with letters, digits and hyphens: what it leaves is kept under that name.'

const gatherId = (name: string): string => `gather:${name}`
export const compareId = (name: string): string => `compare:${name}`
export const applyId = (name: string): string => `apply:${name}`

/** The syncs of a configuration by name: targets first, then hooks. */
export function syncsOf(config: Config): ReadonlyMap<string, Sync> {
  const hooks = Object.entries(config.hooks ?? {}).filter((entry): entry is [string, Sync] => entry[1].kind === 'sync')
  return new Map([...Object.entries(config.targets), ...hooks])
}

/** The observers of a configuration by name. */
export function observersOf(config: Config): ReadonlyMap<string, Observer> {
  return new Map(
    Object.entries(config.hooks ?? {}).filter((entry): entry is [string, Observer] => entry[1].kind === 'observer'),
  )
}

/** The name of each source: its key in the configuration in kebab case, else its own. */
function sourceNames(config: Config): (source: Source) => string {
  const listed = new Map<Source, string>()
  for (const [key, source] of Object.entries({ ...config.sources, ...config.processors }))
    listed.set(source, kebab(key))
  return (source) => listed.get(source) ?? source.name
}

const kebab = (key: string): string => key.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()

/** The name of each sync that `dependent` needs. Throws CONFIG_INVALID for one that is not listed. */
function syncNames(config: Config): (sync: Sync, dependent: string) => string {
  const listed = new Map([...syncsOf(config)].map(([name, sync]) => [sync, name]))
  return (sync, dependent) => {
    const name = listed.get(sync)
    if (name !== undefined) return name
    throw new ZdsError('CONFIG_INVALID', `${dependent} runs after a sync that the configuration does not list`, {
      hint: 'List it under targets or hooks.',
    })
  }
}

/** The stage that leaves the rows of a source: its own, or the comparison whose plan it is. */
export function stageOf(config: Config): (source: Source) => string {
  const [nameOf, nameOfSync] = [sourceNames(config), syncNames(config)]
  return (source) =>
    source.planOf === undefined ? gatherId(nameOf(source)) : compareId(nameOfSync(source.planOf, source.name))
}

/**
 * Whether a source follows from others and from files of this machine: a processor, or a file. What
 * does not is gathered from elsewhere.
 */
export function computedIn(config: Config): (source: Source) => boolean {
  const desired = [...syncsOf(config).values()].map((sync): Source => sync.desired)
  const processors = new Set<Source>([...Object.values(config.processors ?? {}), ...desired])
  return (source) => source.identity?.('.') !== undefined || (processors.has(source) && (source.needs ?? []).length > 0)
}

/**
 * Pure: everything `config` implies, each stage once, needs before the needy. Throws CONFIG_INVALID
 * on a cycle or a name used twice.
 */
export function stages(config: Config): Stage[] {
  const [nameOf, nameOfSync] = [sourceNames(config), syncNames(config)]
  const syncs = syncsOf(config)
  assertOnce([...syncs, ...observersOf(config)])
  const found = new Map<string, Stage>()
  const open = new Set<Source | Sync>()

  const once = (item: Source | Sync, name: string, visit: () => Stage): string => {
    if (!NAMED.test(name))
      throw new ZdsError('CONFIG_INVALID', `A source cannot be named ${JSON.stringify(name)}`, { hint: NAMING })
    if (open.has(item)) throw new ZdsError('CONFIG_INVALID', `${name} needs itself, directly or through other sources`)
    open.add(item)
    const stage = visit()
    open.delete(item)
    if (found.has(stage.id))
      throw new ZdsError('CONFIG_INVALID', `Two sources are named ${name}`, { hint: 'Give one of them another name.' })
    found.set(stage.id, stage)
    return stage.id
  }
  const gather = (source: Source): string => {
    if (source.planOf !== undefined) return compared(source.planOf, source.name)
    const name = nameOf(source)
    const id = gatherId(name)
    const there = found.get(id)
    if (there?.kind === 'gather' && there.source === source) return id
    return once(source, name, () => ({ id, kind: 'gather', name, source, needs: (source.needs ?? []).map(gather) }))
  }
  const compared = (sync: Sync, dependent: string): string => {
    const name = nameOfSync(sync, dependent)
    const id = compareId(name)
    if (found.has(id)) return id
    return once(sync, name, () => {
      // What must be unique in a target must be unique among all syncs that write to it.
      const rivals = [...syncs.values()].filter((other) => other !== sync && other.target === sync.target)
      const read = [
        sync.desired,
        sync.target,
        ...(sync.rules.yields ? [sync.rules.yields] : []),
        ...rivals.map(({ desired }) => desired),
      ]
      return { id, kind: 'compare', name, sync, rivals, needs: [...new Set(read.map(gather))] }
    })
  }

  for (const source of Object.values({ ...config.sources, ...config.processors })) gather(source)
  for (const [name, sync] of syncs) compared(sync, name)

  const applied = (sync: Sync, dependent: string): string => {
    const name = nameOfSync(sync, dependent)
    const id = applyId(name)
    if (found.has(id)) return id
    const needs = (): string[] => [compareId(name), ...(sync.after ?? []).map((other) => applied(other, name))]
    return once(sync, name, () => ({ id, kind: 'apply', name, sync, needs: needs() }))
  }
  for (const [name, sync] of syncs) applied(sync, name)
  return markConfined([...found.values()])
}

/** What is listed twice would be done twice, and told twice. */
function assertOnce(listed: readonly (readonly [string, Sync | Observer])[]): void {
  for (const [place, [name, one]] of listed.entries()) {
    const twin = listed.slice(place + 1).find(([, other]) => isSame(one, other))
    if (twin === undefined) continue
    const same = one === twin[1] ? `are the same ${one.kind}` : 'desire the same records of the same target'
    throw new ZdsError('CONFIG_INVALID', `${name} and ${twin[0]} ${same}`, { hint: 'List it once.' })
  }
}

const isSame = (one: Sync | Observer, other: Sync | Observer): boolean =>
  one === other ||
  (one.kind === 'sync' && other.kind === 'sync' && one.desired === other.desired && one.target === other.target)

/** The readers of a stage stand after it, so what they are is known first. */
function markConfined(all: readonly Stage[]): Stage[] {
  const confined = new Set<string>()
  for (const stage of all.toReversed()) {
    const readers = all.filter(({ needs }) => needs.includes(stage.id))
    const read: Source | Target = stage.kind === 'gather' ? stage.source : stage.sync.target
    const own = 'confined' in read && read.confined
    if (own || (readers.length > 0 && readers.every(({ id }) => confined.has(id)))) confined.add(stage.id)
  }
  return all.map((stage) => (confined.has(stage.id) ? { ...stage, confined: true } : stage))
}

/** Applies the other way round, for an undo: what came after another goes before it. */
export function backwards<S extends Stage>(applies: readonly S[]): S[] {
  const ids = new Set(applies.map(({ id }) => id))
  return applies.toReversed().map((stage) => ({
    ...stage,
    needs: [
      ...stage.needs.filter((id) => !ids.has(id)),
      ...applies.filter(({ needs }) => needs.includes(stage.id)).map(({ id }) => id),
    ],
  }))
}

/**
 * Groups that may run side by side, in order: what a CI file calls its stages. Needs that are not
 * among `all` count as met.
 */
export function waves<S extends Stage>(all: readonly S[]): S[][] {
  const ids = new Set(all.map(({ id }) => id))
  const now = all.filter(({ needs }) => !needs.some((id) => ids.has(id)))
  return now.length === 0 ? [] : [now, ...waves(all.filter((stage) => !now.includes(stage)))]
}
