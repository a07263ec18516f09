import { apply } from '../apply/apply.ts'
import type { Artifacts, Summary } from '../state/artifacts.ts'
import type { Clock } from '../clock.ts'
import { compare, keyOf, limited } from '../compare/compare.ts'
import { messageOf, ZdsError, type Issue } from '../errors.ts'
import type { Journal } from '../state/journal.ts'
import type { Json } from '../json.ts'
import { indexNames } from '../compare/names.ts'
import type { Outcome, Outcomes, Step } from '../outcome.ts'
import { digestOf, type Plan, type SyncPlan } from '../plan/plan.ts'
import { readBack, type Written } from '../apply/read-back.ts'
import { bind, type Created } from '../apply/bind.ts'
import { sortBy } from '../compare/sort.ts'
import { compareId, observersOf, stageOf, stages, syncsOf, type Stage } from '../config/stages.ts'
import type { Config, Desired, Existing, Observer, Run, Source } from '../types.ts'

/** What the stages of one run share. */
export type Engine = {
  readonly config: Config
  readonly artifacts: Artifacts
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What a person who waits is told about one stage. */
export type Watch = {
  progress(message: string): void
  rows(count: number): void
}

type StageOf<Kind extends Stage['kind']> = Extract<Stage, { kind: Kind }>

/**
 * Everything that can be known to be wrong before anything is read, from all sources at once
 * (SAFE-07).
 */
export async function preflight(engine: Engine, watch: Watch): Promise<Issue[]> {
  const gathers = stages(engine.config).filter((stage) => stage.kind === 'gather')
  const checks = await Promise.all(gathers.map((stage) => checked(stage, engine, watch)))
  return [
    ...new Map(
      checks.flat().map((issue) => [JSON.stringify([issue.code, issue.where, issue.message]), issue]),
    ).values(),
  ]
}

async function checked(stage: StageOf<'gather'>, engine: Engine, watch: Watch): Promise<readonly Issue[]> {
  try {
    return (await stage.source.check?.(lend(stage, engine, watch))) ?? []
  } catch (error) {
    engine.signal.throwIfAborted()
    if (!(error instanceof ZdsError)) throw error
    if (error.issues.length > 0) return error.issues
    // Two sources of one service meet the same wrong password: without a place of their own they
    // are one issue.
    return [
      { code: error.code, where: '', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) },
    ]
  }
}

/**
 * Reads one source into its artifact. Throws EMPTY_SOURCE when it yields nothing and may not
 * (SAFE-02).
 */
export async function gather(stage: StageOf<'gather'>, engine: Engine, watch: Watch): Promise<Summary> {
  let announced: { rows: number; tolerance: number } | undefined
  const run: Run = { ...lend(stage, engine, watch), expect: (rows, tolerance = 0) => (announced = { rows, tolerance }) }
  const needs = await Promise.all(stage.needs.map((id) => engine.artifacts.summary(id)))

  return engine.artifacts.write(stage.id, counted(stage.source.read(run), watch), (rows) => {
    if (rows === 0 && stage.source.mayBeEmpty !== true) {
      throw new ZdsError('EMPTY_SOURCE', `${stage.name} is empty, which would look as if everything were gone`, {
        hint: 'If that is right, set mayBeEmpty: true on it in the configuration.',
      })
    }
    const whole = announced === undefined || Math.abs(rows - announced.rows) <= announced.tolerance
    if (!whole)
      watch.progress(
        `${rows} rows came, ${announced?.rows} were announced: nothing that may only be missing is created or retired`,
      )
    return { rows, complete: whole && needs.every(({ complete }) => complete) }
  })
}

async function* counted(rows: AsyncIterable<Json>, watch: Watch): AsyncIterable<Json> {
  let count = 0
  for await (const row of rows) {
    yield row
    watch.rows((count += 1))
  }
}

/** Compares one sync from the artifacts of its sources. */
export async function compareStage(stage: StageOf<'compare'>, engine: Engine, watch: Watch): Promise<SyncPlan> {
  const { name, sync, rivals } = stage
  const { artifacts, config } = engine
  const idOf = stageOf(config)
  // An artifact holds what its source yielded, so its rows are of the source's type.
  const rowsOf = <Row extends Json>(source: Source<Row>) => artifacts.read(idOf(source)) as AsyncIterable<Row>
  const complete = async (source: Source): Promise<boolean> => (await artifacts.summary(idOf(source))).complete

  const unique = sync.rules.unique
  const everyone = [sync, ...rivals].map(({ desired }) => rowsOf(desired))
  const wanted = await Promise.all([sync.desired, ...(sync.rules.yields ? [sync.rules.yields] : [])].map(complete))
  // A source that may be empty, and is, could be a query that went wrong: nobody is retired for it
  // (SAFE-02).
  const some = await hasRecord(rowsOf(sync.desired))
  const sides = { desired: some && wanted.every(Boolean), existing: await complete(sync.target) }
  const compared = await compare(name, sync, {
    desired: sortBy(rowsOf(sync.desired), ({ key }: Desired) => key, artifacts.directory),
    existing: sortBy(rowsOf(sync.target), (row: Existing) => keyOf(sync, row), artifacts.directory),
    names: unique === undefined ? { taken: () => false } : await indexNames(unique, rowsOf(sync.target), everyone),
    yielded: sync.rules.yields === undefined ? new Set() : await keysOf(rowsOf(sync.rules.yields)),
    ownedElsewhere: (fields) => rivals.some(({ rules }) => rules.owns?.(fields) ?? true),
    complete: sides,
  })
  const plan = await prepared(compared, stage, engine, watch)
  await artifacts.write(compareId(name), [plan], (rows) => ({ rows, complete: sides.desired && sides.existing }))
  return plan
}

/** The target has the last word on a plan: it knows who is there already, and what cannot be. */
async function prepared(plan: SyncPlan, stage: StageOf<'compare'>, engine: Engine, watch: Watch): Promise<SyncPlan> {
  const { target, limits } = stage.sync
  if (target.prepare === undefined || plan.changes.length === 0) return plan
  const { changes, skipped } = await target.prepare(plan.changes, lend(stage, engine, watch))
  return limited({ ...plan, changes, skipped: [...plan.skipped, ...skipped] }, limits)
}

async function hasRecord(rows: AsyncIterable<Desired>): Promise<boolean> {
  for await (const { kind } of rows) if (kind === 'record') return true
  return false
}

async function keysOf(rows: AsyncIterable<Desired>): Promise<Set<string>> {
  const keys = new Set<string>()
  for await (const row of rows) if (row.kind === 'record') keys.add(row.key)
  return keys
}

/** The plan of all syncs, in the order of the configuration. */
export function assemble(syncs: readonly SyncPlan[], config: string, clock: Clock): Plan {
  const content = { version: 1 as const, asOf: clock.today, config, syncs }
  return {
    version: 1,
    createdAt: clock.now().toISOString(),
    asOf: clock.today,
    config,
    syncs,
    digest: digestOf(content),
  }
}

/** What the applies of one run share. */
export type Applying = {
  readonly journal: Journal
  readonly run: string
  /** Outcomes of this run so far, by sync. */
  readonly outcomes: Outcomes
}

/**
 * Carries out the plan of one sync; the outcomes are in the journal before they are told. A record
 * that is read back and is not as it was written gets a second outcome, which counts.
 */
export async function* applyStage(
  stage: StageOf<'apply'>,
  plan: SyncPlan,
  engine: Engine,
  watch: Watch,
  applying: Applying,
): AsyncIterable<Outcome> {
  const { journal, run, outcomes } = applying
  const { target, after, readBack: share = READ_BACK } = stage.sync
  const earlier = [...syncsOf(engine.config)].filter(([, sync]) => after?.includes(sync))
  const ids = new Map(earlier.map(([name]) => [name, doneIds(outcomes.get(name))]))
  const lent = lend(stage, engine, watch)
  const created: Created = (sync, key) => ids.get(sync)?.get(key)
  const record = (steps: readonly Step[]): void => {
    if (steps.length > 0) journal.record(run, stage.name, steps, engine.clock.now())
  }
  const bound = plan.changes.map((change) => bind(change, created)).filter((item) => 'op' in item)
  const byKey = new Map(bound.map((change) => [change.key, change]))
  const written: Written[] = []
  for await (const outcome of apply(plan, target, { known: journal.known(run, stage.name), created, record }, lent)) {
    yield outcome
    const change = byKey.get(outcome.key)
    if (outcome.status === 'done' && change !== undefined) written.push({ change, id: outcome.id })
  }
  for await (const differing of readBack(written, share, target, lent)) {
    record([differing])
    yield differing
  }
}

/** The share of written records that is read back, where a sync does not say another one. */
const READ_BACK = 0.01

function doneIds(outcomes: readonly Outcome[] = []): ReadonlyMap<string, string> {
  return new Map(outcomes.flatMap((outcome) => (outcome.status === 'done' ? [[outcome.key, outcome.id]] : [])))
}

/**
 * Tells the observers. One that fails is a warning, never a failed run: a dead Slack must not stop
 * a sync.
 */
export async function tellObservers(
  event: (observer: Observer, run: Run) => Promise<void> | undefined,
  engine: Engine,
  warn: (message: string) => void,
): Promise<void> {
  for (const [name, observer] of observersOf(engine.config)) {
    const run: Run = {
      signal: engine.signal,
      clock: engine.clock,
      expect: () => undefined,
      progress: (message) => warn(`${name}: ${message}`),
      input: () => {
        throw new ZdsError('CONFIG_INVALID', `${name} observes a run and reads no source`)
      },
    }
    try {
      await event(observer, run)
    } catch (error) {
      warn(`${name}: ${messageOf(error)}`)
    }
  }
}

/** A stage may read only what it declared: that is what makes it runnable as a job of its own. */
function lend(stage: Stage, { signal, clock, artifacts, config }: Engine, watch: Watch): Run {
  const idOf = stageOf(config)
  return {
    signal,
    clock,
    expect: () => undefined,
    progress: (message) => watch.progress(message),
    input: <Row extends Json>(source: Source<Row>) => {
      const id = idOf(source)
      if (!stage.needs.includes(id)) throw new ZdsError('CONFIG_INVALID', `${stage.id} reads ${id} without needing it`)
      return artifacts.read(id) as AsyncIterable<Row> // an artifact holds what its source yielded
    },
  }
}
