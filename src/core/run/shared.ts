import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { stageOf, syncsOf, type Stage } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { State } from '../state/state.ts'
import type { Config } from '../config/define.ts'
import type { Workers } from '../config/executor.ts'
import type { Join } from '../streams.ts'
import type { Run, Source, Sync } from '../types.ts'
import type { StageWatch } from './schedule.ts'

/** What all stages of all runs of an engine share. */
export type Shared = {
  readonly config: Config
  /** Changes whenever the configuration, or an address that it writes to, does. */
  readonly fingerprint: string
  readonly state: State
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Who carries out the stages, where that is not this process. */
  readonly workers?: Workers
  /** Where nothing may be asked of a service: what has gathered the rows that are read instead. */
  readonly from?: string
  /** What that lacks is gathered now, rather than refused. */
  readonly anew?: boolean
  /** Only some rows are given, and no plan is made of them: what comes of them may be nothing. */
  readonly partial?: boolean
}

export type StageOf<Kind extends Stage['kind']> = Extract<Stage, { kind: Kind }>

/**
 * A run's name: its moment and a few random letters, so that runs sort by time and never collide.
 */
export function newRunId(clock: Clock): string {
  return `${clock.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${randomBytes(3).toString('hex')}`
}

/** The rows of a source, from its artifact in a run. */
export function rowsIn<Row extends Json>(
  source: Source<Row>,
  { config, state }: Shared,
  runId: string,
): AsyncIterable<Row> {
  return state.artifacts(runId).read(stageOf(config)(source)) as AsyncIterable<Row> // it holds what its source yielded
}

/** Where a source is that is a target; empty while that is not set. */
export const addressOf = (source: Source): string | undefined =>
  'address' in source && typeof source.address === 'function' ? String(source.address()) : undefined

/** A stage may read only what it declared: that is what makes it runnable as a job of its own. */
export function lend(stage: Stage, shared: Shared, runId: string, watch: StageWatch): Run {
  const idOf = stageOf(shared.config)
  return {
    ...lendNothing(shared, stage.id, (message, wait) => watch.progress(message, wait)),
    input: <Row extends Json>(source: Source<Row>) => {
      const id = idOf(source)
      if (!stage.needs.includes(id)) throw new ZdsError('CONFIG_INVALID', `${stage.id} reads ${id} without needing it`)
      return rowsIn(source, shared, runId)
    },
    joined: joinedIn(shared.state.scratch),
  }
}

/** Joins any two streams, in files below a directory. Who joins nothing does not load how. */
export const joinedIn = (directory: string): Join =>
  async function* (left, leftKey, right, rightKey) {
    const [{ joinByKey }, { sortBy }] = await Promise.all([import('../compare/join.ts'), import('../compare/sort.ts')])
    yield* joinByKey(sortBy(left, leftKey, directory), leftKey, sortBy(right, rightKey, directory), rightKey)
  }

/** What is lent to whoever reads no source. */
export function lendNothing(
  { clock, signal }: Pick<Shared, 'clock' | 'signal'>,
  who: string,
  progress: Run['progress'],
): Run {
  const reads = (): never => {
    throw new ZdsError('CONFIG_INVALID', `${who} reads no source`)
  }
  const ignored = (): void => undefined
  return { signal, clock, progress, expect: ignored, incomplete: ignored, input: reads, joined: reads }
}

/**
 * A sync of the configuration by the name that a plan gives it. Throws PLAN_STALE where there is
 * none.
 */
export function syncNamed(name: string, { config }: Pick<Shared, 'config'>): Sync {
  const sync = syncsOf(config).get(name)
  if (sync !== undefined) return sync
  throw new ZdsError('PLAN_STALE', `The plan has a sync ${name}, which the configuration does not have`, {
    hint: 'Make a new one: zds plan --out FILE',
  })
}
