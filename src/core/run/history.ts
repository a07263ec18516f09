import type { Clock } from '../clock.ts'
import { syncsOf } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import { doneUnder, settledIn, troubleOf, type Known, type Outcome, type RunStatus } from '../outcome.ts'
import type { Change, Plan } from '../plan/plan.ts'
import type { Journal, Lock, Place, RunRecord, State } from '../state/state.ts'
import { planLeft } from './plan-parts.ts'
import { reportOf, type Report } from './report.ts'
import { newRunId, type Shared } from './shared.ts'
import { AHEAD_MS, ageOf, PLAN_MAX_AGE_MS } from './timely.ts'

/** A run of the journal and its plan. */
export type PastRun = { readonly run: RunRecord; readonly plan: Plan }

/**
 * A run that stopped before every change was attempted: what is left of it is carried out, or why
 * it is not.
 */
export type Rest = PastRun & { readonly left?: string | undefined }

export type RestAsked = {
  /** The plan that is to be carried out, where one is given. */
  readonly saved?: Plan | undefined
  /** Nothing of an earlier run is to be gone on with. */
  readonly afresh?: boolean
  /** How long to wait for a run that is under way, in milliseconds. Default 0. */
  readonly waitMs?: number
}

/** The newest of the runs that stopped before every change was attempted. */
export async function unfinishedRun({ state }: Pick<Shared, 'state'>): Promise<PastRun | undefined> {
  const run = (await state.journal.runs()).find(isUnfinished)
  const plan = run && (await state.journal.plan(run.id))
  return run && plan && { run, plan }
}

/** Whether somebody carries a run out, or has to see to what it had sent. */
export const isUnfinished = ({ status }: Pick<RunRecord, 'status'>): boolean =>
  status !== 'done' && status !== 'abandoned'

/** How a run stands: one that does not say that it ended, and holds no lock, has stopped. */
export type Standing = RunStatus | 'stopped'

export const standing = ({ id, status }: Pick<RunRecord, 'id' | 'status'>, held: readonly Lock[]): Standing =>
  status === 'running' && !held.some(({ run, alive }) => run === id && alive) ? 'stopped' : status

/**
 * What is left of a run that stopped, to be gone on with; with `left`, why it is not: another plan
 * is given, the configuration has changed since, it is older than a day, or a fresh start is asked
 * for. What it has done shows in the next plan. One that another process carries out has not
 * stopped: it is waited for, as long as for a lock.
 */
export async function restOf(
  shared: Shared,
  { saved, afresh = false, waitMs = 0 }: RestAsked,
): Promise<Rest | undefined> {
  const { state, clock, signal, fingerprint } = shared
  const before = await unfinishedRun(shared)
  if (before === undefined) return undefined
  // Its locks are free when it has died, and when it is over by now. Not in its name: this process
  // may be the one that holds them.
  await (await state.locks.take(placesOf(before.plan, shared), newRunId(clock), { waitMs, clock, signal })).giveBack()
  const found = await unfinishedRun(shared)
  if (found === undefined) return undefined
  const left = afresh
    ? 'a fresh start was asked for'
    : found.plan.config !== fingerprint
      ? 'the configuration has changed since'
      : saved !== undefined && saved.digest !== found.plan.digest
        ? 'another plan was given'
        : isOld(found, clock)
          ? 'it began more than a day ago'
          : undefined
  return { ...found, left }
}

/** Throws PLAN_STALE for what is left of a run that is not gone on with. */
export function assertGoesOn({ run, left }: Rest): void {
  if (left === undefined) return
  throw new ZdsError('PLAN_STALE', `Run ${run.id} is not gone on with: ${left}`, {
    hint: 'zds apply gives it up: it settles what was sent, and makes a new plan.',
  })
}

/** Whether a run began so long ago that nobody goes on with it. */
export const isOld = ({ run }: Pick<PastRun, 'run'>, clock: Clock): boolean =>
  ageOf(run.startedAt, clock) > PLAN_MAX_AGE_MS

/** Where a plan writes, or wrote when it was made: what has to be locked for it. */
export function placesOf({ syncs }: Plan, { config }: Pick<Shared, 'config'>): readonly Place[] {
  const known = syncsOf(config)
  const places = syncs
    .filter(({ changes }) => changes.length > 0)
    .map(({ name, instance, ...sync }) => ({
      instance,
      address: sync.address ?? known.get(name)?.target.address() ?? instance,
    }))
  return [...new Map(places.map((place) => [place.address, place])).values()]
}

/**
 * A run named by its id or `last`, with its plan. Throws USAGE for a run that is not in the
 * journal.
 */
export async function runNamed(journal: Journal, asked: string): Promise<PastRun> {
  const run = asked === 'last' ? (await journal.runs(1))[0] : await journal.run(asked)
  const plan = run && (await journal.plan(run.id))
  if (run !== undefined && plan !== undefined) return { run, plan }
  if (asked === 'last')
    throw new ZdsError('USAGE', 'There is no run in the journal', { hint: 'Nothing was applied here yet.' })
  throw new ZdsError('USAGE', `There is no run ${asked} in the journal`, {
    hint: 'zds status lists the runs; `last` is the newest.',
  })
}

/** A plan that was made here, and its run where it was carried out. */
export type MadeHere = { readonly id: string; readonly plan: Plan; readonly run?: RunRecord }

/**
 * A plan of a run by its id, or the newest (`last`) of those that planned and those that were
 * carried out. Throws USAGE where there is none.
 */
export async function planNamed(asked: string, state: State): Promise<MadeHere> {
  const id = asked === 'last' ? await newest(state) : asked
  const run = await state.journal.run(id)
  if (run === undefined && (await state.runs()).includes(id)) {
    const plan = await planLeft(state.artifacts(id))
    if (plan !== undefined) return { id, plan }
  }
  return { id, ...(await runNamed(state.journal, run === undefined ? asked : id)) }
}

/** Names of runs are in the order of time. */
async function newest(state: State): Promise<string> {
  const [begun] = await state.journal.runs(1)
  const [made = ''] = await state.runs()
  return begun !== undefined && begun.id > made ? begun.id : made
}

/**
 * Throws PLAN_STALE where a run had sent something of which nobody knows what became, to an address
 * or by a sync that the configuration has no more: elsewhere nobody could tell.
 */
export async function assertAnswerable({ run, plan }: PastRun, { config, state }: Shared): Promise<void> {
  const known = syncsOf(config)
  for (const { name, instance, address } of plan.syncs) {
    const now = known.get(name)?.target.address()
    if ((now !== undefined && now === (address ?? now)) || isSettled(await state.journal.known(run.id, name))) continue
    const message = `Run ${run.id} had sent changes of ${name} to ${instance} when it stopped, and the configuration does not write there any more`
    throw new ZdsError('PLAN_STALE', message, {
      hint: 'Set it back, and the same command asks what became of them. zds apply --new asks nobody, and plans anew.',
    })
  }
}

/** Whether it is known of all that was sent what became of it. */
export const isSettled = (known: ReadonlyMap<string, Known>): boolean =>
  known.values().every(({ kind }) => kind === 'outcome')

/** How many changes of each sync were sent of which nobody knows what became. */
export async function unsettledIn(run: string, { syncs }: Plan, journal: Journal): Promise<Map<string, number>> {
  const counts = syncs.map(async ({ name }): Promise<[string, number]> => {
    const known = await journal.known(run, name)
    return [name, known.size - settledIn(known).length]
  })
  return new Map(await Promise.all(counts))
}

/** How far the changes of a sync that goes before have come, by key. */
export type Earlier = (sync: string) => Promise<ReadonlyMap<string, Known>>

/**
 * What is known of syncs that go before those of a plan: by the run of it, or by one that has carried
 * out that part of the same plan, where this is another part of it only.
 */
export function knownBefore(run: string, plan: Plan, journal: Journal): Earlier {
  const carriers = new Map<string, Promise<string>>()
  return async (sync) => {
    const carrier = carriers.get(sync) ?? carrierOf(sync, run, plan, journal)
    carriers.set(sync, carrier)
    return journal.known(await carrier, sync)
  }
}

async function carrierOf(sync: string, run: string, plan: Plan, journal: Journal): Promise<string> {
  const isIn = ({ syncs }: Plan): boolean => syncs.some(({ name }) => name === sync)
  if (isIn(plan)) return run
  for (const { id, startedAt } of await journal.runs()) {
    if (Date.parse(startedAt) <= Date.parse(plan.createdAt) - AHEAD_MS) continue
    const other = await journal.plan(id)
    if (other?.createdAt === plan.createdAt && isIn(other)) return id
  }
  return run
}

/** A change of a run, and how far it has come. */
export type PastChange = { readonly sync: string; readonly change: Change; readonly known: Known | undefined }

/** Every change of a run. */
export async function* changesOf(journal: Journal, { run, plan }: PastRun): AsyncIterable<PastChange> {
  for (const { name: sync, changes } of plan.syncs) {
    const known = await journal.known(run.id, sync)
    for (const change of changes) yield { sync, change, known: known.get(change.key) }
  }
}

/**
 * What became of a change: `not-attempted`, `unknown` while nobody has settled it, or its outcome. One
 * that is done has a code where something that should have come along is missing.
 */
export type OutcomeOf = {
  readonly status: Outcome['status'] | 'not-attempted' | 'unknown'
  readonly id: string | null
  readonly code: string | null
  readonly message: string | null
}

export function outcomeOf(known: Known | undefined): OutcomeOf {
  const none = { id: null, code: null, message: null }
  if (known?.kind !== 'outcome') return { status: known === undefined ? 'not-attempted' : 'unknown', ...none }
  const { outcome } = known
  return { status: outcome.status, ...none, id: doneUnder(known) ?? null, ...troubleOf(outcome) }
}

/** What became of the plan of a run that is over, or as far as it has come. */
export async function reportOfPast({ run, plan }: PastRun, journal: Journal): Promise<Report> {
  const outcomes = new Map<string, readonly Outcome[]>()
  const unknown = new Map<string, number>()
  for (const { name } of plan.syncs) {
    const known = await journal.known(run.id, name)
    const settled = settledIn(known)
    outcomes.set(name, settled)
    unknown.set(name, known.size - settled.length)
  }
  return reportOf({ run: run.id, status: run.status, forced: run.forced }, plan, outcomes, unknown)
}
