import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { calendarDate } from '../clock.ts'
import { computedIn, stages } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import { artifactsIn } from '../state/artifacts.ts'
import type { Artifacts, State } from '../state/state.ts'
import { carriedIn } from './carried.ts'
import { summaryIn } from './inputs.ts'
import type { Shared } from './shared.ts'

/** What was gathered: by a run, or in a directory of stages. */
export type Gathered = { readonly name: string; readonly artifacts: Artifacts }

/**
 * What a run has left, its id or `last`, or what lies in a directory that `zds stage` has made.
 * Throws ARTIFACT_MISSING where there is nothing of that name.
 */
export async function gatheredBy(asked: string, { state }: Pick<Shared, 'state'>): Promise<Gathered> {
  const run = asked === 'last' ? await lastPlanned(state) : (await state.runs()).find((name) => name === asked)
  if (run !== undefined) return { name: `run ${run}`, artifacts: state.artifacts(run) }
  if (asked !== 'last' && existsSync(asked)) return { name: asked, artifacts: carriedIn(asked) }
  const message = asked === 'last' ? 'No run has left what it gathered' : `Nothing is left of a run ${asked}`
  throw new ZdsError('ARTIFACT_MISSING', message, {
    hint: 'It was forgotten (zds prune), or there never was one: zds plan gathers anew, and --from last takes the newest.',
  })
}

/** The newest run that came as far as a plan. */
async function lastPlanned(state: State): Promise<string | undefined> {
  for (const run of await state.runs()) if (await summaryIn(state.artifacts(run), 'plan')) return run
  return undefined
}

/**
 * Work that makes no request: sources and listings are read as `gathered` has them, processors and
 * files are computed anew with the configuration of `shared`, as of the day of then or `asOf`. The
 * clock stands where it stood then, so that a plan is as old as what it was made of. What is
 * computed is gone when the work is.
 */
export async function fromRun<Result>(
  gathered: Gathered,
  shared: Shared,
  work: (offline: Shared) => Promise<Result>,
  asOf?: string,
): Promise<Result> {
  const then = await momentOf(gathered, shared)
  const today = asOf === undefined ? then.asOf : calendarDate(asOf)
  const clock = { ...shared.clock, today, ...(shared.anew !== true && { now: () => then.at }) }
  return inScratch(shared, (here, own) => {
    const artifacts = over(gathered, own)
    return work({ ...here, from: gathered.name, state: { ...here.state, artifacts: () => artifacts }, clock })
  })
}

/** Work whose artifacts are gone when it is. */
export async function inScratch<Result>(
  shared: Shared,
  work: (here: Shared, artifacts: Artifacts) => Promise<Result>,
): Promise<Result> {
  const scratch = await mkdtemp(join(shared.state.scratch, 'from-'))
  const artifacts = artifactsIn(scratch)
  try {
    return await work({ ...shared, state: { ...shared.state, artifacts: () => artifacts } }, artifacts)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/**
 * When the first of it was gathered, and as of which day all of it was. Throws ARTIFACT_MISFIT where
 * that is not one day, ARTIFACT_MISSING where nothing says it.
 */
async function momentOf({ name, artifacts }: Gathered, { config }: Shared): Promise<{ at: Date; asOf: string }> {
  const isComputed = computedIn(config)
  const ids = stages(config).flatMap((one) => (one.kind === 'gather' && !isComputed(one.source) ? [one.id] : []))
  const found = await Promise.all(ids.map((id) => summaryIn(artifacts, id)))
  const [at] = found.flatMap((summary) => summary?.at ?? []).toSorted()
  const [asOf, ...others] = new Set(found.flatMap((summary) => summary?.asOf ?? []))
  if (others.length > 0)
    throw new ZdsError('ARTIFACT_MISFIT', `${name} was gathered as of several days: ${[asOf, ...others].join(', ')}`, {
      hint: 'Gather all of it as of one day: --as-of.',
    })
  if (at !== undefined && asOf !== undefined) return { at: new Date(at), asOf }
  throw new ZdsError('ARTIFACT_MISSING', `Nothing that ${name} has gathered says when it was`, {
    hint: 'It was made by an earlier zds, or gathers nothing: gather anew with zds plan.',
  })
}

/** What is written goes into `own`, and what is not there is read from what was gathered. */
function over({ name, artifacts }: Gathered, own: Artifacts): Artifacts {
  const written = new Set<string>()
  const of = (stage: string): Artifacts => (written.has(stage) ? own : artifacts)
  const missing = (stage: string) => (error: unknown) => {
    if (!(error instanceof ZdsError && error.code === 'ARTIFACT_MISSING')) throw error
    throw new ZdsError('ARTIFACT_MISSING', `${stage} was not gathered by ${name}`, {
      cause: error,
      hint: 'The configuration needs it today: zds plan gathers it.',
    })
  }
  return {
    write: async (stage, rows, summarise) => {
      const summary = await own.write(stage, rows, summarise)
      written.add(stage)
      return summary
    },
    read: (stage) => of(stage).read(stage),
    summary: (stage) => of(stage).summary(stage).catch(missing(stage)),
  }
}
