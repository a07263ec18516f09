import type { Stage } from '../config/stages.ts'
import { messageOf, ZdsError, type Issue } from '../errors.ts'
import type { Json } from '../json.ts'
import { settledIn, type Outcome } from '../outcome.ts'
import { sha256, type SyncPlan } from '../plan/plan.ts'
import { redact } from '../secrets.ts'
import type { Artifacts } from '../state/state.ts'
import type { StageWatch } from './schedule.ts'
import { addressOf, type Shared, type StageOf } from './shared.ts'

/**
 * Has a stage carried out by a worker. What it came to is where it is when it is carried out here:
 * among the artifacts of the run, or in the journal.
 */
export async function elsewhere(
  stage: Stage,
  { workers, state, clock, signal }: Shared,
  run: string,
  watch: StageWatch,
): Promise<void> {
  const task = { run, stage: stage.id, asOf: clock.today }
  const end = await workers?.perform(task, laneOf(stage), (message) => watch.progress(message), signal)
  if (end === 'failed') throw await failureLeft(stage.id, state.artifacts(run))
}

/**
 * What became of the changes of a sync that a worker carries out: the journal has it, however that
 * ended.
 */
export async function* outcomesElsewhere(
  stage: StageOf<'apply'>,
  _plan: SyncPlan,
  { run }: { readonly run: string },
  shared: Shared,
  watch: StageWatch,
): AsyncIterable<Outcome> {
  try {
    await elsewhere(stage, shared, run, watch)
  } finally {
    yield* settledIn(await shared.state.journal.known(run, stage.name))
  }
}

/**
 * Stages that speak to one instance share a lane, and stages that speak to none have each their
 * own. Whoever keeps it need not learn an address.
 */
function laneOf(stage: Stage): string {
  return sha256(addressOf(stage.kind === 'gather' ? stage.source : stage.sync.target) || stage.id).slice(0, 16)
}

type Failure = { readonly code: string; readonly message: string; readonly hint?: string; readonly issues: Issue[] }

const nameOf = (stage: string): string => `failure:${stage}`

/** Leaves why a stage failed for whoever asked for it. */
export async function leaveFailure(stage: string, error: unknown, artifacts: Artifacts): Promise<void> {
  const { code, hint, issues } = error instanceof ZdsError ? error : { code: 'INTERNAL', hint: undefined, issues: [] }
  const row = { code, message: messageOf(error), ...(hint !== undefined && { hint }), issues: [...issues] }
  await artifacts.write(nameOf(stage), [JSON.parse(redact(JSON.stringify(row))) as Json]) // made above
}

async function failureLeft(stage: string, artifacts: Artifacts): Promise<ZdsError> {
  const [failure] = (await Array.fromAsync(artifacts.read(nameOf(stage)))) as unknown as Failure[] // written above
  const { code = 'INTERNAL', message = `${stage} failed`, ...more } = failure ?? {}
  return new ZdsError(code, message, more)
}
