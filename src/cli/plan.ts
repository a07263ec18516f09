import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { redact } from '../core/secrets.ts'
import { documentOf, makePlan } from './planning.ts'
import { hasChanges } from './report.ts'
import { lookOf, open, print, tell } from './session.ts'
import { planLines } from './summary.ts'

export type PlanOptions = {
  config?: string
  envFile?: string
  asOf?: string
  json?: true
  out?: string
  detailedExitcode?: true
  all?: true
}

/** `zds plan`: shows what an apply would do; writes nothing but its own run directory and `--out`. */
export async function planCommand(options: PlanOptions, signal: AbortSignal): Promise<number> {
  const out = options.out === undefined ? undefined : resolve(options.out)
  const session = await open(options, signal)
  const plan = await makePlan(session)
  if (out !== undefined) await writeFile(out, documentOf(plan), { mode: 0o600 })

  if (options.json) process.stdout.write(redact(documentOf(plan)))
  else {
    print(planLines(plan, lookOf(options.all ?? false)))
    if (hasChanges(plan)) tell(['', `To carry it out: zds apply${options.out === undefined ? '' : ` ${options.out}`}`])
  }
  return options.detailedExitcode && hasChanges(plan) ? 2 : 0
}
