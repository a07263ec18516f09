import type { Clock } from '../clock.ts'
import { guardIssues } from '../compare/guards.ts'
import type { Config } from '../config/define.ts'
import { observersOf, stages, syncsOf } from '../config/stages.ts'
import { ZdsError, type Issue } from '../errors.ts'
import type { Declared } from '../known.ts'
import { keyIssues } from '../plan/seal.ts'
import { well, type Missing, type Sight, type Values } from '../sights.ts'
import type { Run, Source, Target } from '../types.ts'
import { HINTS, issuesIn } from '../run/gather.ts'
import { sameAddressIssues } from '../run/same-address.ts'
import { lendNothing } from '../run/shared.ts'

/** What would stop or falsify a run, or will one day. The id is the same as long as the thing is. */
export type Finding = {
  readonly id: string
  readonly level: 'error' | 'warning'
  readonly where: string
  readonly message: string
  readonly hint: string
}

/** What was found, what of it the configuration silences and why, and what is well. */
export type Diagnosis = {
  readonly findings: readonly Finding[]
  readonly silenced: readonly (Finding & { readonly because: string })[]
  readonly ticks: readonly Extract<Sight, { level: 'ok' }>[]
}

/** Who asks, and whoever is told meanwhile. */
export type Asking = {
  readonly config: Config
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

/** A look at one thing, whose name is the place of what has none. */
export type SourceLook = { readonly name: string; sights(run: Run): AsyncIterable<Sight> | undefined }

/** What can be said of a configuration and its files without a service and without a variable. */
export function validate(asking: Asking, more: readonly SourceLook[] = []): Promise<Diagnosis> {
  const { config } = asking
  return diagnosisBy([...written(config), ...sourcesOf(config).map(inspected), ...more], asking)
}

/** Looks at everything that a run needs: every source is asked, and none stops another. */
export async function diagnose(
  asking: Asking,
  directory: string,
  more: readonly SourceLook[] = [],
): Promise<Diagnosis> {
  const { config } = asking
  const looks = sourcesOf(config).flatMap((one): SourceLook[] => {
    const { name, source } = one
    const service: SourceLook['sights'] = async function* (run) {
      // What is wrong with the files that they come from is told by their own check.
      yield* source.diagnose?.(run, await valuesFor(source, config, run, () => undefined)) ?? []
    }
    return [{ name, sights: (run) => errorsOf(source.check?.(run)) }, inspected(one), { name, sights: service }]
  })
  const watching = [...observersOf(config)].map(([name, observer]): SourceLook => ({
    name,
    sights: (run) => observer.diagnose?.(run),
  }))
  const all: SourceLook[] = [
    ...written(config),
    { name: 'addresses', sights: () => errorsOf(sameAddressIssues(config)) },
    ...looks,
    ...watching,
    { name: 'state', sights: () => stateOf(config, directory) },
    ...more,
  ]
  return diagnosisBy(all, asking)
}

/** What the targets lack, of all that can be asked; and why the others cannot. */
export async function missingOf(asking: Asking): Promise<{ missing: readonly Missing[]; diagnosis: Diagnosis }> {
  const targets = [...new Set([...syncsOf(asking.config).values()].map(({ target }) => target))]
  const { told, diagnosis } = await toldBy(targets, asking, async (target, run) =>
    target.missing?.(run, await valuesFor(target, asking.config, run)),
  )
  return { missing: told, diagnosis }
}

/** The names that all sources know, for the compiler; and why some cannot tell. */
export async function declaredBy(asking: Asking): Promise<{ declared: readonly Declared[]; diagnosis: Diagnosis }> {
  const sources = sourcesOf(asking.config).map(({ source }) => source)
  const { told, diagnosis } = await toldBy(sources, asking, async (source, run) => source.declares?.(run))
  return { declared: told, diagnosis }
}

async function toldBy<One extends Source, Told>(
  sources: readonly One[],
  asking: Asking,
  ask: (source: One, run: Run) => Promise<readonly Told[] | undefined>,
): Promise<{ told: readonly Told[]; diagnosis: Diagnosis }> {
  const told = sources.map((): readonly Told[] => [])
  const looks = sources.map((source, place): SourceLook => ({
    name: source.name,
    sights: async function* (run) {
      told[place] = (await ask(source, run)) ?? []
      yield* []
    },
  }))
  return { diagnosis: await diagnosisBy(looks, asking), told: told.flat() }
}

/** The findings of an error that keeps a configuration from being looked at. */
export function diagnosisOf(error: unknown, name: string): Diagnosis {
  const hint = error instanceof ZdsError ? error.hint : undefined
  const issues = issuesIn(error, name).map((issue) => ({ ...(hint !== undefined && { hint }), ...issue }))
  return told(once(issues.map((issue) => ({ name, sight: { ...issue, level: 'error' } }))), {})
}

const sourcesOf = (config: Config) => stages(config).flatMap((stage) => (stage.kind === 'gather' ? [stage] : []))

const inspected = ({ name, source }: { readonly name: string; readonly source: Source }): SourceLook => ({
  name,
  sights: (run) => source.inspect?.(run),
})

/** What is to be said of what is written, before any source is asked. */
const written = (config: Config): SourceLook[] => [
  { name: 'graph', sights: () => graph(config) },
  { name: 'settings', sights: () => errorsOf(settings(config)) },
  { name: 'limits', sights: (run) => orders(config, run) },
]

async function* graph(config: Config): AsyncGenerator<Sight> {
  yield well('graph', `${stages(config).length} stages of ${syncsOf(config).size} syncs`)
}

/** What is set and cannot be used, of what no source asks for. */
const settings = (config: Config): Issue[] => [...keyIssues(), ...[...syncsOf(config).values()].flatMap(guardIssues)]

/** Values that a limit does not know are the lowest to it: a fall from one of them passes (SAFE-12). */
async function* orders(config: Config, run: Run): AsyncGenerator<Sight> {
  for (const [name, { desired, limits }] of syncsOf(config)) {
    const values = (await desired.values?.(run).catch(() => undefined)) ?? {}
    for (const [field, { order }] of Object.entries(limits?.fields ?? {})) {
      const lacking = typeof order === 'object' ? (values[field] ?? []).filter((value) => !order.includes(value)) : []
      if (lacking.length === 0) continue
      const where = `${name}: limits.fields.${field}.order`
      const message = `does not have ${lacking.join(', ')}, so that a fall from there counts as a rise`
      yield { level: 'warning', code: 'ORDER_LACKS', where, message, hint: 'Add it where it belongs.' }
    }
  }
}

type Issues = readonly Issue[] | undefined

async function* errorsOf(issues: Issues | Promise<Issues>): AsyncGenerator<Sight> {
  for (const issue of (await issues) ?? []) yield { ...issue, level: 'error' }
}

async function* stateOf({ state }: Config, directory: string): AsyncGenerator<Sight> {
  const opened = await (state ?? (await import('../state/local.ts')).localState)(directory)
  try {
    yield well('state', `opens; runs kept: ${(await opened.kept()).runs}`)
  } finally {
    await opened.close()
  }
}

/** What all syncs of a target may write to it. */
async function valuesFor(target: object, config: Config, run: Run, orElse = rethrow): Promise<Values> {
  const syncs = [...syncsOf(config).values()].filter((sync): boolean => (sync.target satisfies Target) === target)
  const some = syncs.map(async ({ desired }) => desired.values?.(run).catch(orElse))
  const all: { [field: string]: readonly string[] } = {}
  for (const values of await Promise.all(some)) {
    for (const [field, more] of Object.entries(values ?? {}))
      all[field] = [...new Set([...(all[field] ?? []), ...more])]
  }
  return all
}

function rethrow(error: unknown): undefined {
  throw error
}

async function diagnosisBy(looks: readonly SourceLook[], asking: Asking): Promise<Diagnosis> {
  const sights = await Promise.all(looks.map((look) => sightsBy(look, asking)))
  return told(once(sights.flat()), asking.config.silenced ?? {})
}

type SourceSights = { readonly name: string; readonly sight: Sight }

async function sightsBy(look: SourceLook, asking: Asking): Promise<SourceSights[]> {
  const { name } = look
  const found: SourceSights[] = []
  try {
    const lent = lendNothing(asking, name, asking.progress)
    for await (const sight of look.sights(lent) ?? []) found.push({ name, sight })
  } catch (error) {
    asking.signal.throwIfAborted()
    for (const issue of issuesIn(error, name)) found.push({ name, sight: { ...issue, level: 'error' } })
  }
  return found
}

/** Each sight once, however many looked at the same; one without a place has that of the first. */
function once(seen: readonly SourceSights[]): Sight[] {
  const sights = new Map<string, Sight>()
  for (const { name, sight } of seen) {
    const key = JSON.stringify(sight.level === 'ok' ? sight.where : [sight.where, sight.message])
    if (!sights.has(key)) sights.set(key, { ...sight, where: sight.where || name })
  }
  return [...sights.values()]
}

/** Errors go first. */
function told(sights: readonly Sight[], silenced: { readonly [id: string]: string }): Diagnosis {
  const found = sights.flatMap((sight) => (sight.level === 'ok' ? [] : [findingOf(sight)]))
  const all = [...found.filter(({ level }) => level === 'error'), ...found.filter(({ level }) => level !== 'error')]
  return {
    findings: all.filter(({ id }) => silenced[id] === undefined),
    silenced: all.flatMap((finding) => {
      const because = silenced[finding.id]
      return because === undefined ? [] : [{ ...finding, because }]
    }),
    ticks: sights.filter((sight) => sight.level === 'ok'),
  }
}

function findingOf({ code, level, where, message, hint }: Exclude<Sight, { level: 'ok' }>): Finding {
  // Lines of a file move.
  const place = where.replaceAll(/:\d+/g, '').replaceAll(/\W+/g, '-').replaceAll(/^-|-$/g, '')
  const id = `${code.toLowerCase().replaceAll('_', '-')}:${place}`
  return { id, level, where, message, hint: hint ?? HINTS[code] ?? `What ${code} means is in docs/errors.md.` }
}
