import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ZdsError, type Code, type Issue } from '../../core/errors.ts'
import { assemble, compareStage, gather, preflight } from '../../core/run/engine.ts'
import { limited } from '../../core/compare/compare.ts'
import { sqliteJournal } from '../../core/state/journal.ts'
import type { Plan, SyncPlan } from '../../core/plan/plan.ts'
import { count } from '../../core/plan/plan.ts'
import { stages, syncsOf } from '../../core/config/stages.ts'
import { runTasks } from '../render/tasks.ts'
import { number } from '../render/text.ts'
import { stateFile, type Session } from '../session.ts'

/** Checks, gathers and compares; leaves the artifacts and the plan in the run's directory. */
export async function makePlan(session: Session): Promise<Plan> {
  await checkReady(session)
  const { project, engine, terminal } = session
  const made = new Map<string, SyncPlan>()
  const before = lastDesired(session)
  const reading = stages(engine.config).filter((stage) => stage.kind !== 'apply')
  await runTasks(
    reading,
    async (stage, watch, signal) => {
      const here = { ...engine, signal }
      if (stage.kind === 'gather') {
        const { rows, complete } = await gather(stage, here, watch)
        return `${number(rows)} rows${complete ? '' : ', not proved complete'}`
      }
      const compared = await compareStage(stage, here, watch)
      const plan = limited(compared, stage.sync.limits, before.get(stage.name))
      made.set(stage.name, plan)
      return `${number(count(plan, 'create'))} + ${number(count(plan, 'update'))} ~ ${number(count(plan, 'retire'))} -`
    },
    engine.signal,
    terminal,
  )
  const plan = assemble(
    [...syncsOf(engine.config).keys()].flatMap((name) => made.get(name) ?? []),
    project.fingerprint,
    engine.clock,
  )
  await writeFile(join(engine.artifacts.directory, 'plan.json'), documentOf(plan), { mode: 0o600 })
  return plan
}

/**
 * What each sync desired when a plan was last carried out here; nothing where none was, as in a
 * fresh CI checkout (SAFE-01).
 */
function lastDesired(session: Session): ReadonlyMap<string, number> {
  if (!existsSync(stateFile(session))) return new Map()
  const journal = sqliteJournal(stateFile(session))
  try {
    const syncs = [...syncsOf(session.engine.config)]
    return new Map(
      syncs.flatMap(([name, { target }]) => {
        const desired = journal.lastDesired(name, target.address?.() ?? '')
        return desired === undefined ? [] : [[name, desired]]
      }),
    )
  } finally {
    journal.close()
  }
}

/** Throws everything that keeps a run from its start, all at once (SAFE-07). */
export async function checkReady({ engine }: Session): Promise<void> {
  const issues = await preflight(engine, { progress: () => undefined, rows: () => undefined })
  if (issues.length > 0) throw notReady(issues)
}

/** What keeps a run from its start, under the code of all problems where they have one. */
function notReady(issues: readonly Issue[]): ZdsError {
  const codes = new Set(issues.map(({ code }) => code))
  const [code = 'CONFIG_INVALID'] = codes.size === 1 ? codes : []
  return new ZdsError(code, 'The run cannot start; nothing was changed', { issues, hint: HINTS[code] })
}

const HINTS: Partial<Record<Code, string>> = {
  ENV_MISSING:
    'Set the variables in the environment, in the .env file beside the configuration, or in a file named by --env.',
  FILE_INVALID: 'Correct the file; until then nothing is computed from it.',
}

/** The text of a plan document. */
export const documentOf = (plan: unknown): string => `${JSON.stringify(plan, null, 2)}\n`
