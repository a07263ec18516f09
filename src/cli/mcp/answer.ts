import { realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { diagnosisOf, validate } from '../../core/answers/diagnose.ts'
import { explainKey } from '../../core/answers/explain.ts'
import { forecastUntil } from '../../core/answers/forecast.ts'
import { impact } from '../../core/answers/impact.ts'
import { onGathered, type AnswerFrom } from '../../core/answers/on-gathered.ts'
import { systemClock } from '../../core/clock.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { ZdsError } from '../../core/errors.ts'
import type { Shared } from '../../core/run/shared.ts'
import { insideOf, isFile, withBase } from '../base.ts'
import { placeOf } from '../commands/plan.ts'
import { loadWatched } from '../load-watched.ts'
import { findingsDocument } from '../render/findings.ts'
import { watched } from '../render/tasks.ts'
import { inSession, type Session } from '../session.ts'
import { assertIncluded, confinedIn, without } from './confined.ts'
import { tellLog, summarisePlan } from './past.ts'
import type { ToolArguments, Question, ServerScope } from './tools.ts'

/** Answers a question, without a word of the instances that are confined and not included. */
export function answer(question: Question, serving: ServerScope, signal: AbortSignal): Promise<object> {
  switch (question.tool) {
    case 'explain':
      return explained(question.asked, serving, signal)
    case 'plan_summary':
      return summarisePlan(question.asked, serving, signal)
    case 'impact':
      return impactFound(question.asked, serving, signal)
    case 'forecast':
      return forecast(question.asked, serving, signal)
    case 'log':
      return tellLog(question.asked, serving, signal)
    case 'validate':
      return validated(question.asked, serving, signal)
    default:
      return question satisfies never
  }
}

const explained = (
  { key: asked, field, sync, ...gathered }: ToolArguments<'explain'>,
  serving: ServerScope,
  signal: AbortSignal,
) => onOpen({ sync, ...gathered }, serving, signal, (shared, run) => explainKey({ asked, field, sync }, shared, run))

const forecast = (
  { until, field, sync, ...gathered }: ToolArguments<'forecast'>,
  serving: ServerScope,
  signal: AbortSignal,
) => onOpen({ sync, ...gathered }, serving, signal, (shared, run) => forecastUntil({ until, field, sync }, shared, run))

type AskedPlace = AnswerFrom & { readonly sync?: string | undefined }

/** Work on what a run has gathered, or on a live read, with the syncs that may be told of. */
function onOpen<Result>(
  { sync, from = 'last', asOf }: AskedPlace,
  { include, ...options }: ServerScope,
  signal: AbortSignal,
  work: (shared: Shared, run: string) => Promise<Result>,
): Promise<Result> {
  const place = gatheredIn(from)
  return inSession({ ...options, ...day(asOf) }, signal, ({ engine: { shared } }) => {
    assertIncluded(shared.config, include)
    const confined = confinedIn(shared.config, include)
    assertTold(sync, confined, shared)
    const open = { ...shared, config: without(shared.config, confined) }
    return watched((watch) => onGathered({ from: place, asOf }, open, watch, work))
  })
}

/** Undefined asks the services. */
const gatheredIn = (from: string): string | undefined => (from === 'live' ? undefined : placeOf(from))

const day = (asOf: string | undefined) => (asOf === undefined ? {} : { asOf })

/** Throws USAGE for a sync that is there and is not told of. */
function assertTold(name: string | undefined, confined: ReadonlySet<string>, { config }: Shared): void {
  const instance = syncsOf(config).get(name ?? '')?.target.instance
  if (instance === undefined || !confined.has(instance)) return
  throw new ZdsError('USAGE', `${name} is not told of here: ${instance} keeps its records to itself`, {
    hint: `Whoever may tell of them starts the server with: zds mcp --include ${instance}`,
  })
}

function impactFound(
  asked: ToolArguments<'impact'>,
  { include, ...options }: ServerScope,
  signal: AbortSignal,
): Promise<object> {
  const { from = 'last', asOf } = asked
  const place = gatheredIn(from)
  const base = isFile(asked.base) ? resolve(asked.base) : asked.base
  return inSession({ ...options, ...day(asOf) }, signal, ({ engine: { shared }, project }: Session) => {
    assertIncluded(shared.config, include)
    if (isFile(base)) assertInside(base, project.directory)
    return withBase(base, project, shared.state.scratch, ({ config, fingerprint, directory }) => {
      const confined = confinedIn(config, include).union(confinedIn(shared.config, include))
      const then = { config: without(config, confined), fingerprint, inside: insideOf(directory, asked.base) }
      const now = { ...shared, config: without(shared.config, confined) }
      return watched((watch) => impact(then, { from: place, asOf }, now, watch))
    })
  })
}

/** A configuration is code, and an assistant chooses the base: no other is run than the project's. */
function assertInside(file: string, directory: string): void {
  const path = relative(realpathSync(directory), realpathSync(file))
  if (!path.startsWith('..') && !isAbsolute(path)) return
  throw new ZdsError('USAGE', `${file} is not in the project, so it is not loaded`, {
    hint: 'Give a git reference, or a configuration file of the project.',
  })
}

async function validated(
  { asOf }: ToolArguments<'validate'>,
  { include, ...options }: ServerScope,
  signal: AbortSignal,
) {
  const look = async () => {
    const { config, directory } = await loadWatched({ ...options, signal })
    process.chdir(directory)
    assertIncluded(config, include)
    const open = without(config, confinedIn(config, include))
    return validate({ config: open, clock: systemClock(asOf), signal, progress: () => undefined })
  }
  return findingsDocument(await look().catch((error: unknown) => diagnosisOf(error, 'configuration')))
}
