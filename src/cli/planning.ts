import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ZdsError, type Code, type Issue } from '../core/errors.ts'
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
  const issues = await preflight(engine, silent)
  if (issues.length > 0) throw notReady(issues)

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

/** What keeps a run from its start, under the code of all problems where they have one. */
function notReady(issues: readonly Issue[]): ZdsError {
  const codes = new Set(issues.map(({ code }) => code))
  const [code = 'CONFIG_INVALID'] = codes.size === 1 ? codes : []
  return new ZdsError(code, 'The run cannot start; nothing was changed', { issues, hint: HINTS[code] })
}

const HINTS: Partial<Record<Code, string>> = {
  ENV_MISSING: 'Set the variables in the environment, in the .env file beside the configuration, or in a file named by --env-file.',
  FILE_INVALID: 'Correct the file; until then nothing is computed from it.',
}

/** The text of a plan document. */
export const documentOf = (plan: unknown): string => `${JSON.stringify(plan, null, 2)}\n`
