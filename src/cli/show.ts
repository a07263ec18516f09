import { readFile } from 'node:fs/promises'
import { ZdsError } from '../core/errors.ts'
import { parsePlan } from '../core/plan-schema.ts'
import type { Plan } from '../core/plan.ts'
import { lookOf, print } from './session.ts'
import { planLines } from './summary.ts'

/** `zds show FILE`: any plan, as `zds plan` shows it. */
export async function showCommand(file: string, options: { all?: true }): Promise<number> {
  const plan = await readPlan(file)
  print([...planLines(plan, lookOf(options.all ?? false)), '', `Made at ${plan.createdAt}. Digest ${plan.digest}`])
  return 0
}

/** Reads a plan document. Throws FILE_NOT_FOUND or PLAN_INVALID. */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZdsError('FILE_NOT_FOUND', `The plan ${path} cannot be read`, { cause, hint: 'Make one with: zds plan --out FILE' })
  })
  return parsePlan(text, path)
}
