import { existsSync } from 'node:fs'
import { logOf, type LogEntry } from '../../core/answers/log.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { opCounts, type SyncPlan } from '../../core/plan/plan.ts'
import { planNamed } from '../../core/run/history.ts'
import type { RunWait } from '../../core/waits.ts'
import { placeOf } from '../commands/plan.ts'
import { readPlan } from '../plan-file.ts'
import { age } from '../declare/options.ts'
import { overviewOf } from '../render/plan/overview.ts'
import { inSession, type Session } from '../session.ts'
import { assertIncluded, confinedIn, syncsAt } from './confined.ts'
import type { ToolArguments, ServerScope } from './tools.ts'

/** A plan in numbers, and what a person should see first; of confined syncs the numbers only. */
export function summarisePlan(
  { plan: asked = 'last' }: ToolArguments<'plan_summary'>,
  serving: ServerScope,
  signal: AbortSignal,
): Promise<object> {
  const place = placeOf(asked) ?? asked
  return onPast(serving, signal, async (confined, { engine }) => {
    const { id, plan, run } = existsSync(place)
      ? { ...FROM_FILE, plan: await readPlan(place) }
      : await planNamed(place, engine.shared.state)
    const isConfined = (sync: SyncPlan): boolean =>
      confined.has(sync.instance) || (sync.confined === true && !serving.include.includes(sync.instance))
    return {
      ...(id !== undefined && { run: id }),
      ...(run && { status: run.status, startedAt: run.startedAt, endedAt: run.endedAt }),
      ...overviewOf({ ...plan, syncs: plan.syncs.filter((sync) => !isConfined(sync)) }),
      confined: plan.syncs.filter(isConfined).map(numbersOf),
    }
  })
}

const FROM_FILE = { id: undefined, run: undefined }

const numbersOf = (sync: SyncPlan) => ({
  name: sync.name,
  instance: sync.instance,
  ...opCounts(sync),
  left: sync.skipped.length,
  excesses: sync.excesses.length,
})

/**
 * The history. Where an instance is confined, an error is its code only, and what waited there has no
 * examples: they name its records.
 */
export function tellLog(
  { since, failed, key }: ToolArguments<'log'>,
  serving: ServerScope,
  signal: AbortSignal,
): Promise<object> {
  return onPast(serving, signal, async (confined, { engine: { shared }, project }) => {
    const from = since === undefined ? undefined : new Date(shared.clock.now().getTime() - age(since))
    const log = await logOf(shared, { since: from, failed, key })
    // Of a sync that the configuration has no more, nobody can tell whether it was confined.
    const told = new Set(syncsOf(project.config).keys()).difference(syncsAt(project.config, confined))
    return { log: log.flatMap((entry) => openEntry(entry, told, confined.size === 0)) }
  })
}

function openEntry(
  { error, ofKey, waits, ...entry }: LogEntry,
  told: ReadonlySet<string>,
  tellsErrors: boolean,
): object[] {
  const open = ofKey?.filter(({ sync }) => told.has(sync))
  if (open?.length === 0) return []
  const isTold = ({ sync, awaited }: RunWait): boolean => told.has(sync) && told.has(awaited)
  return [
    {
      ...entry,
      ...(error && { error: tellsErrors ? error : { code: error.code } }),
      ...(waits && { waits: waits.map((wait) => (isTold(wait) ? wait : { ...wait, examples: [] })) }),
      ...(open && { ofKey: open }),
    },
  ]
}

/** Work on what is kept of runs, told which instances are confined. */
const onPast = <Result>(
  { include, ...options }: ServerScope,
  signal: AbortSignal,
  work: (confined: ReadonlySet<string>, session: Session) => Promise<Result>,
): Promise<Result> =>
  inSession(options, signal, (session) => {
    const { config } = session.project
    assertIncluded(config, include)
    return work(confinedIn(config, include), session)
  })
