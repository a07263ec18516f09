import { guardIssues } from '../compare/guards.ts'
import { computedIn, stages, syncsOf } from '../config/stages.ts'
import { isSystemError, ZdsError, type Code, type Issue } from '../errors.ts'
import type { Json } from '../json.ts'
import { keyIssues } from '../plan/seal.ts'
import type { Summary } from '../state/state.ts'
import type { Run, Source, Sync } from '../types.ts'
import { UNWATCHED, UNWATCHED_STAGE, type StageWatch, type Watch } from './schedule.ts'
import { inputsOf, madeFrom, summaryIn } from './inputs.ts'
import { sameAddressIssues } from './same-address.ts'
import { addressOf, lend, type Shared, type StageOf } from './shared.ts'
import { DESIRED, EXISTING, ROW, wellFormed, wordFor, type Form } from '../well-formed.ts'

/** Whoever is told what goes on before a run begins: a service may ask for a wait then too. */
type PreflightWatch = Pick<Watch<never>, 'progress'>

/** What has to be ready: sources, and the settings that guard the records of syncs. */
type Parts = { readonly sources: ReadonlySet<Source>; readonly syncs: readonly Sync[] }

/** What has to be ready for one sync to write: nothing else is asked for its settings. */
export const partsToWrite = (syncs: readonly Sync[]): Parts => ({
  sources: new Set(syncs.map(({ target }) => target)),
  syncs,
})

/** Throws everything that keeps a run, or these parts of it, from its start, all at once (SAFE-07). */
export async function checkReady(shared: Shared, watch: PreflightWatch = UNWATCHED, parts?: Parts): Promise<void> {
  const issues = await preflight(shared, watch, parts)
  if (issues.length > 0) throw notReady(issues)
}

/**
 * Everything that can be known to be wrong before anything is read, from all sources at once
 * (SAFE-07).
 */
export async function preflight(shared: Shared, watch: PreflightWatch = UNWATCHED, parts?: Parts): Promise<Issue[]> {
  const gathers = stages(shared.config).filter((stage) => stage.kind === 'gather')
  const concerned = gathers.filter(({ source }) => parts?.sources.has(source) ?? true)
  const checks = await Promise.all(concerned.map((stage) => checked(stage, shared, watch)))
  const guards = (parts?.syncs ?? [...syncsOf(shared.config).values()]).flatMap(guardIssues)
  const issues = [...keyIssues(), ...sameAddressIssues(shared.config), ...guards, ...checks.flat()]
  const once = new Map(issues.map((issue) => [JSON.stringify([issue.code, issue.where, issue.message]), issue]))
  return [...once.values()]
}

async function checked(stage: StageOf<'gather'>, shared: Shared, watch: PreflightWatch): Promise<readonly Issue[]> {
  const told: StageWatch = { ...UNWATCHED_STAGE, progress: (message, wait) => watch.progress(stage, message, wait) }
  try {
    const issues = (await stage.source.check?.(lend(stage, shared, 'preflight', told))) ?? []
    const found: unknown = issues
    if (Array.isArray(found)) return issues
    throw sourceInvalid(stage, `checks with ${wordFor(found)}, and has to with a list`)
  } catch (error) {
    shared.signal.throwIfAborted()
    return issuesIn(error, stage.name)
  }
}

/**
 * The problems of a failure that a person can act on. Two sources of one service meet the same
 * wrong password: without a place of their own they are one problem. A refusal of the operating
 * system is that of `name`, whose plugin let it pass.
 */
export function issuesIn(error: unknown, name: string): readonly Issue[] {
  if (isSystemError(error)) return [{ code: 'SYSTEM', where: name, message: error.message }]
  if (!(error instanceof ZdsError)) throw error
  const { code, message, hint, issues } = error
  return issues.length > 0 ? issues : [{ code, where: '', message, ...(hint !== undefined && { hint }) }]
}

/** What keeps a run from its start, under the code of all problems where they have one. */
function notReady(issues: readonly Issue[]): ZdsError {
  const codes = new Set(issues.map(({ code }) => code))
  const [code = 'CONFIG_INVALID'] = codes.size === 1 ? codes : []
  return new ZdsError(code, 'The run cannot start; nothing was changed', { issues, hint: HINTS[code] })
}

/** What to do about problems that all have one code. */
export const HINTS: Partial<Record<Code, string>> = {
  ENV_MISSING:
    'Set the variables in the environment, in the .env file beside the configuration, or in a file named by --env.',
  FILE_INVALID: 'Correct the file; until then nothing is computed from it.',
}

/**
 * Reads one source into its artifact, unless an earlier run has gathered it for this one. Throws
 * EMPTY_SOURCE when it yields nothing and may not (SAFE-02).
 */
export async function gather(
  stage: StageOf<'gather'>,
  shared: Shared,
  runId: string,
  watch: StageWatch,
): Promise<Summary> {
  const artifacts = shared.state.artifacts(runId)
  const earlier = await earlierOf(stage, shared, runId)
  if (earlier !== undefined) return earlier
  let announced: { rows: number; tolerance: number } | undefined
  const doubts = new Set<string>()
  const run: Run = {
    ...lend(stage, shared, runId, watch),
    expect: (rows, tolerance = 0) => (announced = { rows, tolerance }),
    incomplete: (why) => doubts.add(why),
  }
  const inputs = await inputsOf(stage.needs, artifacts)

  return artifacts.write(stage.id, counted(rowsOf(stage, run, shared), watch), (rows, digest) => {
    if (rows === 0 && stage.source.mayBeEmpty !== true && shared.partial !== true) {
      throw new ZdsError('EMPTY_SOURCE', `${stage.name} is empty, which would look as if everything were gone`, {
        hint: 'If that is right, set mayBeEmpty: true on it in the configuration.',
      })
    }
    if (announced !== undefined && Math.abs(rows - announced.rows) > announced.tolerance)
      doubts.add(`${rows} rows came, ${announced.rows} were announced`)
    for (const why of doubts) watch.progress(`${why}: nothing that may only be missing is created or retired`)
    const complete = doubts.size === 0 && inputs.values().every((input) => input.complete)
    const [asked, address] = [stage.source.asks?.(shared.clock.today), addressOf(stage.source)]
    const known = { ...(asked && { asked }), ...(address !== undefined && { address }) }
    return { rows, complete, digest, ...madeFrom(inputs, shared), ...known }
  })
}

/** The rows of a source, each as its part in the configuration says that it has to be. */
function rowsOf(stage: StageOf<'gather'>, run: Run, { config }: Shared): AsyncIterable<Json> {
  const { source } = stage
  const syncs = [...syncsOf(config).values()]
  const isDesired = syncs.some(({ desired, rules }) => desired === source || rules.yields === source)
  const form: Form = syncs.some(({ target }) => target === source) ? EXISTING : isDesired ? DESIRED : ROW
  return wellFormed(source.read(run), form, (what) => sourceInvalid(stage, what))
}

function sourceInvalid({ id, source }: StageOf<'gather'>, what: string): ZdsError {
  return new ZdsError('SOURCE_INVALID', `${id}: ${source.name} ${what}`, {
    hint: 'This is a defect of its plugin: hold it against the laws of a source (docs/write-a-plugin.md).',
  })
}

/** The rows that an earlier run has gathered for this one, if they are what the source asks for today. */
async function earlierOf(
  { id, source }: StageOf<'gather'>,
  { from, anew = false, config, state, clock }: Shared,
  runId: string,
): Promise<Summary | undefined> {
  if (from === undefined || computedIn(config)(source)) return undefined
  const artifacts = state.artifacts(runId)
  const earlier = anew ? await summaryIn(artifacts, id) : await artifacts.summary(id)
  const { asked, asOf = clock.today } = earlier ?? {}
  const lacking = asked && source.asks?.(asOf).filter((one) => !asked.includes(one))
  if (lacking === undefined || lacking.length === 0) return earlier
  if (anew) return undefined
  throw new ZdsError('ARTIFACT_MISFIT', `${id} was gathered by ${from} without ${lacking.join(', ')}`, {
    hint: 'The configuration asks for it today: zds plan gathers it.',
  })
}

async function* counted(rows: AsyncIterable<Json>, watch: StageWatch): AsyncIterable<Json> {
  let count = 0
  for await (const row of rows) {
    yield row
    watch.rows((count += 1))
  }
}
