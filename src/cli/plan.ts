import { access, constants, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { messageOf, ZdsError } from '../core/errors.ts'
import type { Plan } from '../core/plan.ts'
import { redact } from '../core/secrets.ts'
import { documentOf, makePlan } from './planning.ts'
import { hasChanges } from './report.ts'
import { lookOf, open, print, tell } from './session.ts'
import { planLines } from './summary.ts'

export type PlanOptions = {
  config?: string
  env?: string
  asOf?: string
  json?: true
  out?: string
  detailedExitcode?: true
  all?: true
}

/** `zds plan`: shows what an apply would do; writes nothing but its own run directory and `--out`. */
export async function planCommand(options: PlanOptions, signal: AbortSignal): Promise<number> {
  const out = options.out === undefined ? undefined : resolve(options.out)
  if (out !== undefined) await access(dirname(out), constants.W_OK).catch(unsaved(out))
  const session = await open(options, signal)
  const plan = await makePlan(session)
  if (out !== undefined) await writeFile(out, documentOf(plan), { mode: 0o600 }).catch(unsaved(out))

  if (options.json) process.stdout.write(redact(documentOf(plan)))
  else {
    print(planLines(plan, lookOf(options.all ?? false)))
    if (hasChanges(plan)) tell(['', nextStep(plan, options.out)])
  }
  return options.detailedExitcode && hasChanges(plan) ? 2 : 0
}

function nextStep({ syncs, digest }: Plan, out: string | undefined): string {
  if (syncs.every(({ excesses }) => excesses.length === 0)) return `To carry it out: zds apply${out === undefined ? '' : ` ${out}`}`
  const approve = `zds apply ${out ?? 'FILE'} --approve ${digest}`
  const look = out === undefined ? 'Save it with --out FILE and look at it' : `Look at it (zds show ${out} --all)`
  return `It goes beyond its limits. ${look}. If it is right: ${approve}`
}

/** Known before the work, where it can be. */
const unsaved =
  (file: string) =>
  (cause: unknown): never => {
    throw new ZdsError('FILE_NOT_FOUND', `The plan cannot be saved as ${file}: ${messageOf(cause)}`, {
      cause,
      hint: 'Give --out the name of a file in a directory that exists and may be written to.',
    })
  }
