import { compareId, stageOf } from '../config/stages.ts'
import { compare, foldKeys, keyIn } from '../compare/compare.ts'
import { prepare } from '../compare/prepare.ts'
import { indexNames } from '../compare/names.ts'
import { sortBy } from '../compare/sort.ts'
import type { Json } from '../json.ts'
import { syncParts } from '../plan/parts.ts'
import type { SyncPlan } from '../plan/plan.ts'
import type { Desired, Existing, Source } from '../types.ts'
import type { StageWatch } from './schedule.ts'
import { answersOf } from './target-answers.ts'
import { inputsOf, madeFrom } from './inputs.ts'
import { rowsIn, type Shared, type StageOf } from './shared.ts'

/**
 * Compares one sync from the artifacts of its sources. Its limits are held against it when the plan
 * is whole.
 */
export async function compareStage(
  stage: StageOf<'compare'>,
  shared: Shared,
  runId: string,
  watch: StageWatch,
): Promise<SyncPlan> {
  const { name, sync, rivals } = stage
  const artifacts = shared.state.artifacts(runId)
  const idOf = stageOf(shared.config)
  const rowsOf = <Row extends Json>(source: Source<Row>) => rowsIn(source, shared, runId)
  const inputs = await inputsOf(stage.needs, artifacts)
  const isComplete = (source: Source): boolean => inputs.get(idOf(source))?.complete === true

  const everyone = [sync, ...rivals].map((one) => foldKeys(rowsOf(one.desired), one))
  const wanted = [sync.desired, ...(sync.rules.yields ? [sync.rules.yields] : [])]
  // A source that may be empty, and is, could be a query that went wrong: nobody is retired for it
  // (SAFE-02).
  const some = await hasRecord(rowsOf(sync.desired))
  const whole = wanted.every(isComplete)
  const sides = { desired: some && whole, existing: isComplete(sync.target) }
  const compared = await compare(name, sync, {
    desired: sortBy(foldKeys(rowsOf(sync.desired), sync), ({ key }: Desired) => key, shared.state.scratch),
    existing: sortBy(rowsOf(sync.target), (row: Existing) => keyIn(sync, row), shared.state.scratch),
    names: await indexNames(sync, rowsOf(sync.target), everyone),
    yielded: sync.rules.yields === undefined ? new Set() : await keysOf(foldKeys(rowsOf(sync.rules.yields), sync)),
    ownedElsewhere: (fields) => rivals.some(({ rules }) => rules.owns?.(fields) ?? true),
    complete: sides,
    empty: !some && whole,
  })
  const plan = await prepare(compared, sync, (changes) => answersOf(changes, stage, shared, runId, watch))
  const complete = sides.desired && sides.existing
  const made = { ...madeFrom(inputs, shared), address: sync.target.address() }
  await artifacts.write(compareId(name), syncParts(plan), (rows, digest) => ({ rows, complete, digest, ...made }))
  return plan
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
