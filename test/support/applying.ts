import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Change, Outcome, Step, SyncPlan, Target } from 'zds'
import { apply, type Attempt } from '../../src/core/apply/apply.ts'
import { stageOutcomes } from '../../src/core/run/stage-outcomes.ts'
import { assemble } from '../../src/core/plan/plan.ts'
import type { Outcomes } from '../../src/core/outcome.ts'
import type { TestEngine } from './engine.ts'
import { held, stream, targetOf, type TargetParts } from './syncs.ts'
import { testRun } from 'zds/testing'

export const create = (key: string): Change => ({ op: 'create', key, fields: { aar: { from: null, to: 1 } } })
export const update = (key: string): Change => ({
  op: 'update',
  key,
  id: `id-${key}`,
  fields: { aar: { from: 1, to: 2 } },
})
export const retire = (key: string): Change => ({
  op: 'retire',
  key,
  id: `id-${key}`,
  fields: { mark_for_deletion: { from: false, to: true } },
  reason: 'gone',
})

/** A plan of one sync of just these changes. */
export const planOf = (...changes: Change[]): SyncPlan => ({
  name: 'global',
  instance: 'global',
  resource: 'organizations',
  existing: 0,
  desired: 0,
  changes,
  skipped: [],
  words: {},
  notices: [],
  excesses: [],
  complete: { desired: true, existing: true },
})

/** What became of changes, of all that was written down. */
export const outcomesIn = (journal: readonly Step[]): Outcome[] =>
  journal.filter((step) => step.status !== 'sending' && step.status !== 'accepted')

/** Carries out a plan; `journal` holds what is written down by now. */
export function applying(
  plan: SyncPlan,
  target: Target,
  more: Partial<Attempt> = {},
  journal: Step[] = [],
): AsyncIterable<Outcome> {
  return apply(
    plan,
    { target, readBack: 0 },
    { created: () => undefined, known: new Map(), record: async (steps) => void journal.push(...steps), ...more },
    testRun(),
  )
}

/** A target that holds just what the updates and retires above speak of. */
export const untouched = (parts: TargetParts = {}): Target =>
  targetOf({ refetch: (ids) => stream(ids.map((id) => held(id, id.slice(3), { aar: 1 }))), ...parts })

/**
 * Carries out the plan of one sync of an engine; `before` is what an earlier attempt wrote down,
 * `outcomes` what other syncs have done, `rows` what became of changes, as far as the journal knows
 * by now.
 */
export async function applyingStage(
  engine: TestEngine,
  plan: SyncPlan,
  outcomes: Outcomes = new Map(),
  before: readonly Step[] = [],
) {
  const { journal } = engine.state
  const { run } = engine
  const at = engine.clock.now()
  await journal.begin({ id: run, plan: assemble([plan], 'f', engine.clock), forced: false, at })
  await journal.record({ run, sync: plan.name, steps: before, at })
  for (const [sync, steps] of outcomes) await journal.record({ run, sync, steps, at })
  const told = stageOutcomes(engine.stage('apply', plan.name), plan, { run }, engine, engine)
  const rows = (): Record<string, unknown>[] => {
    const reader = new DatabaseSync(join(engine.directory, 'state.db'), { readOnly: true })
    const found = reader
      .prepare("SELECT sync, key, status, target_id FROM steps WHERE status <> 'sending' ORDER BY rowid")
      .all()
    reader.close()
    return found.map((row) => ({ ...row }))
  }
  return { told, rows }
}
