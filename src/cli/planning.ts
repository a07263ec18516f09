import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { refuse } from '../core/errors.ts'
import { assemble, compareStage, gather, preflight } from '../core/execute.ts'
import type { Plan, SyncPlan } from '../core/plan.ts'
import { count } from '../core/plan.ts'
import { stages, syncsOf } from '../core/stages.ts'
import { runTasks } from './tasks.ts'
import { number } from './text.ts'
import type { Session } from './session.ts'

/** Checks, gathers and compares; leaves the artifacts and the plan in the run's directory. */
export async function makePlan({ project, engine, terminal }: Session): Promise<Plan> {
  const silent = { progress: () => undefined, rows: () => undefined }
  refuse('CONFIG_INVALID', 'The run cannot start', await preflight(engine, silent))

  const made = new Map<string, SyncPlan>()
  const reading = stages(engine.config).filter((stage) => stage.kind !== 'apply')
  await runTasks(
    reading,
    async (stage, watch, signal) => {
      const here = { ...engine, signal }
      if (stage.kind === 'gather') {
        const { rows, complete } = await gather(stage, here, watch)
        return `${number(rows)} rows${complete ? '' : ', not proved complete'}`
      }
      const plan = await compareStage(stage, here, watch)
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

/** The text of a plan document. */
export const documentOf = (plan: unknown): string => `${JSON.stringify(plan, null, 2)}\n`
