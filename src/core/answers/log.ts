import { foldAddress } from '../addresses.ts'
import { foldName } from '../keys.ts'
import { writtenUnder, type Known } from '../outcome.ts'
import type { Change, FieldChange } from '../plan/plan.ts'
import type { Approval, Journal, Lock, RunEvent, RunRecord, State } from '../state/state.ts'
import { syncsOf } from '../config/stages.ts'
import { watchDrift } from './drift.ts'
import { changesOf, outcomeOf, standing, type OutcomeOf, type Standing } from '../run/history.ts'
import { planLeft } from '../run/plan-parts.ts'
import type { Shared } from '../run/shared.ts'
import type { RunWait } from '../waits.ts'

/** What a run did to one record, or a plan would have done. */
export type LogChange = {
  readonly sync: string
  readonly op: Change['op']
  readonly key: string
  readonly name?: string
  readonly fields: { readonly [field: string]: FieldChange }
  /** What became of it; not of a plan. */
  readonly outcome?: OutcomeOf
  /** Fields that somebody else had changed since zds wrote them last: this change sets them back. */
  readonly drift?: readonly string[]
}

/** One line of the history: a plan, an apply, a refusal, or a failure before anything was sent. */
export type LogEntry = {
  readonly run: string
  readonly kind: 'plan' | 'apply' | 'refused' | 'failed'
  readonly at: string
  readonly endedAt?: string
  readonly asOf: string
  readonly status?: Standing
  readonly digest?: string
  readonly changes?: number
  /** How many of them are done. */
  readonly done?: number
  readonly forced?: boolean
  readonly approval?: Approval
  readonly error?: { readonly code: string; readonly message: string }
  /** What its changes waited for. */
  readonly waits?: readonly RunWait[]
  /** Those of the key that is asked for. */
  readonly ofKey?: readonly LogChange[]
}

export type LogAsked = {
  readonly since?: Date | undefined
  /** Only what was refused, failed, stopped, or left changes undone. */
  readonly failed?: boolean | undefined
  /** Only what concerns this record: its key, its id in the target, or its name. */
  readonly key?: string | undefined
}

/** The history of a project, the last first. */
export async function logOf(
  shared: Shared,
  { since = new Date(0), failed = false, key }: LogAsked,
): Promise<LogEntry[]> {
  const { state } = shared
  const entries =
    key === undefined
      ? await entriesSince(since, shared)
      : // What a change undoes shows in what was written before it, whatever of that is asked for.
        await ofKey(await entriesSince(new Date(0), shared), meaning(key, shared), state)
  return entries.filter((entry) => Date.parse(entry.at) >= since.getTime() && (!failed || isFailed(entry)))
}

async function entriesSince(since: Date, { state: { journal, locks }, clock }: Shared): Promise<LogEntry[]> {
  const events = await journal.noted(since)
  const all = await journal.runs()
  const runs = all.filter(({ startedAt }) => Date.parse(startedAt) >= since.getTime())
  const begun = new Set(all.map(({ id }) => id))
  const held = await locks.held(clock.now())
  const applies = await Promise.all(runs.map((run) => applyEntry(run, events, held, journal)))
  // How a run ended is told with it.
  const others = events.filter(({ run, kind }) => kind === 'planned' || !begun.has(run)).map(eventEntry)
  return [...others, ...applies].toSorted((a, b) => b.at.localeCompare(a.at))
}

async function applyEntry(
  run: RunRecord,
  events: readonly RunEvent[],
  held: readonly Lock[],
  journal: Journal,
): Promise<LogEntry> {
  const { id, startedAt: at, endedAt, asOf, status, digest, changes, forced, approval } = run
  const done = await journal.done(id)
  const waits = await journal.waits(id)
  const end = status === 'done' ? undefined : events.find((event) => event.run === id && event.code !== undefined)
  return {
    run: id,
    kind: 'apply',
    at,
    asOf,
    status: standing(run, held),
    digest,
    changes,
    done,
    forced,
    ...(endedAt !== undefined && { endedAt }),
    ...(approval && { approval }),
    ...(end && errorOf(end)),
    ...(waits.length > 0 && { waits }),
  }
}

function eventEntry(event: RunEvent): LogEntry {
  const { run, kind, at, asOf, digest, changes } = event
  return {
    run,
    kind: kind === 'planned' ? 'plan' : kind,
    at,
    asOf,
    ...(digest !== undefined && { digest }),
    ...(changes !== undefined && { changes }),
    ...errorOf(event),
  }
}

const errorOf = ({ code, message = '' }: RunEvent) => (code === undefined ? {} : { error: { code, message } })

function isFailed({ kind, status, changes = 0, done = 0 }: LogEntry): boolean {
  if (kind === 'apply') return status !== 'done' || done < changes
  return kind !== 'plan'
}

/** Whether a change of a sync is one of the record that is asked for, and how far it has come. */
type Means = (sync: string, change: Change, known?: Known) => boolean

/** The key as the syncs know it, the id of the record in their targets, which a create has made, or its name. */
function meaning(asked: string, { config }: Pick<Shared, 'config'>): Means {
  const syncs = syncsOf(config)
  const address = asked.includes('@') ? foldAddress(asked) : asked
  const keyIn = (sync: string): string => syncs.get(sync)?.rules.fold?.(asked) ?? address
  const called = foldName(asked)
  return (sync, { key, id, name }, known) =>
    key === keyIn(sync) || (id ?? writtenUnder(known)) === asked || (called !== '' && foldName(name) === called)
}

/** Oldest first, so that each change can be held against what zds wrote before it. */
async function ofKey(entries: readonly LogEntry[], means: Means, state: State): Promise<LogEntry[]> {
  const drifted = watchDrift()
  const found: LogEntry[] = []
  for (const entry of entries.toReversed()) {
    const changes =
      entry.kind === 'apply' ? await applied(entry.run, means, state, drifted) : await planned(entry, means, state)
    if (changes.length > 0) found.unshift({ ...entry, ofKey: changes })
  }
  return found
}

async function applied(
  run: string,
  means: Means,
  state: State,
  drifted: ReturnType<typeof watchDrift>,
): Promise<LogChange[]> {
  const { journal } = state
  const [record, plan] = [await journal.run(run), await journal.plan(run)]
  const changes: LogChange[] = []
  if (record === undefined || plan === undefined) return changes
  for await (const past of changesOf(journal, { run: record, plan })) {
    const { sync, change, known } = past
    if (!means(sync, change, known)) continue
    const drift = drifted(past)
    changes.push({ ...changeOf(sync, change), outcome: outcomeOf(known), ...(drift.length > 0 && { drift }) })
  }
  return changes
}

const changeOf = (sync: string, { op, key, name, fields }: Change): LogChange => ({
  sync,
  op,
  key,
  fields,
  ...(name !== undefined && { name }),
})

/** From the plan that its run has left, where that is still there. */
async function planned({ run, kind }: LogEntry, means: Means, state: State): Promise<LogChange[]> {
  const plan = kind === 'plan' ? await planLeft(state.artifacts(run)) : undefined
  return (plan?.syncs ?? []).flatMap(({ name, changes }) => {
    const meant = changes.values().filter((change) => means(name, change))
    return Array.from(meant, (change) => changeOf(name, change))
  })
}
