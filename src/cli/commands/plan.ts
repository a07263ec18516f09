import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Plan } from '../../core/plan/plan.ts'
import { summaryOf } from '../../core/plan/numbers.ts'
import { planKey, seal } from '../../core/plan/seal.ts'
import { redact } from '../../core/secrets.ts'
import { documentOf, makePlan } from './planning.ts'
import { unsaved, writePrivately } from '../private-file.ts'
import { shownLines } from '../render/numbers.ts'
import { hasChanges } from '../render/report.ts'
import { onlyUndone } from './runs.ts'
import { lookOf, open, print, tell } from '../session.ts'

export type PlanOptions = {
  config?: string
  env?: string
  asOf?: string
  json?: true
  out?: string
  redact?: true
  failedFrom?: string
  detailedExitcode?: true
  all?: true
}

/**
 * `zds plan`: shows what an apply would do; writes nothing but its own run directory and `--out`.
 * With `--redact`, what is shown holds no data of a record, and what is saved can be read with the
 * key of ZDS_PLAN_KEY only.
 */
export async function planCommand(options: PlanOptions, signal: AbortSignal): Promise<number> {
  const out = options.out === undefined ? undefined : resolve(options.out)
  if (out !== undefined) await access(dirname(out), constants.W_OK).catch(unsaved(out))
  const session = await open(options, signal)
  const key = options.redact && out !== undefined ? planKey() : undefined
  const whole = await makePlan(session)
  const plan = options.failedFrom === undefined ? whole : onlyUndone(whole, options.failedFrom, session)
  const shown = options.redact ? summaryOf(plan) : plan
  if (out !== undefined) {
    await writePrivately(out, key === undefined ? documentOf(plan) : seal(plan, key)).catch(unsaved(out))
    const beside = `${out}.summary.json`
    if (options.redact) await writePrivately(beside, documentOf(shown)).catch(unsaved(beside))
  }

  if (options.json) process.stdout.write(redact(documentOf(shown)))
  else {
    print(shownLines(plan, lookOf(options.all ?? false), options.redact))
    if (hasChanges(plan)) tell(['', nextStep(plan, options.out)])
  }
  return options.detailedExitcode && hasChanges(plan) ? 2 : 0
}

function nextStep({ syncs, digest }: Plan, out: string | undefined): string {
  if (syncs.every(({ excesses }) => excesses.length === 0))
    return `To carry it out: zds apply${out === undefined ? '' : ` ${out}`}`
  const approve = `zds apply ${out ?? 'FILE'} --approve ${digest}`
  const look = out === undefined ? 'Save it with --out FILE and look at it' : `Look at it (zds show ${out} --all)`
  return `It goes beyond its limits. ${look}. If it is right: ${approve}`
}
