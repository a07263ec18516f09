import { resolve } from 'node:path'
import { refuse } from '../../core/errors.ts'
import { printDocument } from '../output.ts'
import { watched } from '../render/tasks.ts'
import { inSession } from '../session.ts'
import { askedBy, toldOrIdle, withApproval, type ApplyCommandOptions } from './apply.ts'
import { makePlan, type PlanOptions } from './plan.ts'
import { readPlan } from '../plan-file.ts'

export type StageOptions = ApplyCommandOptions & PlanOptions & { run: string; plan?: string }

/** What means something to one kind of stage only. */
const OPTIONS = [
  { of: 'plan', has: { out: '--out', detailedExitcode: '--detailed-exitcode' } },
  {
    of: 'apply:NAME',
    has: {
      plan: '--plan',
      yes: '--yes',
      force: '--force',
      approve: '--approve',
      because: '--because',
      lockTimeout: '--lock-timeout',
    },
  },
] as const

/**
 * `zds stage ID --run DIR`: one stage in a process of its own, from the artifacts in a directory and
 * into it.
 */
export async function stageCommand(id: string, options: StageOptions, signal: AbortSignal): Promise<number> {
  refuseMeaningless(id, options)
  const run = resolve(options.run)
  const asked = { run, asOf: options.asOf }
  if (id === 'plan')
    return makePlan(options, signal, `zds stage plan --run ${options.run}`, async ({ engine }) => {
      const end = await watched((watch) => engine.stage(id, asked, watch))
      if (end.kind === 'whole-plan') return end.plan
      throw new Error(`The stage ${id} has made no plan`)
    })
  const file = options.plan === undefined ? undefined : resolve(options.plan)
  return inSession(options, signal, async ({ engine }) => {
    const plan = file === undefined ? undefined : await readPlan(file)
    const end = await watched((watch) => engine.stage(id, { ...askedBy(options), ...asked, plan }, watch)).catch(
      (error: unknown) => {
        const again = `zds stage ${id} --run ${options.run} --plan ${options.plan}`
        throw plan === undefined ? error : withApproval(error, plan, { file: options.plan, again }, options)
      },
    )
    if (end.kind === 'report') return toldOrIdle(end.report, options)
    if (options.json) printDocument({ id, ...end })
    return 0
  })
}

/** Throws USAGE for what would do nothing: a job that asks for a file finds none, and whether there are changes is not said. */
function refuseMeaningless(id: string, options: { readonly [name: string]: unknown }): void {
  const issues = OPTIONS.filter(({ of }) => of.split(':')[0] !== id.split(':')[0]).flatMap(({ of, has }) =>
    Object.entries(has)
      .filter(([name]) => options[name] !== undefined)
      .map(([, where]) => ({ code: 'USAGE', where, message: `means nothing here: it goes with the stage ${of}` })),
  )
  refuse('USAGE', `zds stage ${id} was given what means nothing`, issues)
}
