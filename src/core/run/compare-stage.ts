import { compareId, stageOf } from '../config/stages.ts'
import { compare, foldKeys, keyIn } from '../compare/compare.ts'
import type { Sides } from '../compare/decide.ts'
import { prepare } from '../compare/prepare.ts'
import { nameIndex } from '../compare/names.ts'
import { sortBy } from '../compare/sort.ts'
import type { Json } from '../json.ts'
import { syncParts } from '../plan/parts.ts'
import type { SyncPlan } from '../plan/plan.ts'
import type { Desired, Existing, Source, Sync } from '../types.ts'
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
  const { name, sync } = stage
  const artifacts = shared.state.artifacts(runId)
  const idOf = stageOf(shared.config)
  const rowsOf: RowsOf = (source) => rowsIn(source, shared, runId)
  const inputs = await inputsOf(stage.needs, artifacts)
  const isComplete = (source: Source): boolean => inputs.get(idOf(source))?.complete === true

  const wanted = [sync.desired, ...(sync.rules.yields ? [sync.rules.yields] : [])]
  // A source that may be empty, and is, could be a query that went wrong: nobody is retired for it
  // (SAFE-02).
  const some = await hasRecord(rowsOf(sync.desired))
  const whole = wanted.every(isComplete)
  const sides = { desired: some && whole, existing: isComplete(sync.target) }
  const proved = { complete: sides, empty: !some && whole }
  const plan = await prepare(await comparedRows(stage, proved, rowsOf, shared.state.scratch), sync, (planned) =>
    answersOf(planned, stage, shared, runId, watch),
  )
  const complete = sides.desired && sides.existing
  const made = { ...madeFrom(inputs, shared), address: sync.target.address() }
  await artifacts.write(compareId(name), syncParts(plan), (rows, digest) => ({ rows, complete, digest, ...made }))
  return plan
}

type RowsOf = <Row extends Json>(source: Source<Row>) => AsyncIterable<Row>

/** Each row is read once, but for those that other syncs desire. */
async function comparedRows(
  { name, sync, rivals }: StageOf<'compare'>,
  proved: Pick<Sides, 'complete' | 'empty'>,
  rowsOf: RowsOf,
  scratch: string,
): Promise<SyncPlan> {
  const { target, rules } = sync
  const names = nameIndex(sync, scratch)
  const wants = (one: Sync): AsyncIterable<Desired> => names.desired(foldKeys(rowsOf(one.desired), one))
  try {
    for (const rival of rivals) for await (const _ of wants(rival));
    return await compare(name, sync, {
      desired: sortBy(wants(sync), ({ key }: Desired) => key, scratch),
      existing: sortBy(names.existing(rowsOf(target)), (row: Existing) => keyIn(sync, row), scratch),
      names,
      yielded: rules.yields === undefined ? new Set() : await keysOf(foldKeys(rowsOf(rules.yields), sync)),
      ownedElsewhere: (fields) => rivals.some(({ rules: theirs }) => theirs.owns?.(fields) ?? true),
      ...proved,
    })
  } finally {
    names.close()
  }
}

async function hasRecord(rows: AsyncIterable<Desired>): Promise<boolean> {
  for await (const { kind } of rows) if (kind === 'record') return true
  return false
}

/** Keys that are desired, or left as they are: what nobody knows the owner of is nobody's to retire (SAFE-10). */
async function keysOf(rows: AsyncIterable<Desired>): Promise<Set<string>> {
  const keys = new Set<string>()
  for await (const row of rows) if (row.kind === 'record' || row.kind === 'skip') keys.add(row.key)
  return keys
}
