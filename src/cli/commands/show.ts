import { existsSync } from 'node:fs'
import { readVariables } from '../../core/config/env-file.ts'
import { parsePlan } from '../../core/plan/schema.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { isSealed, planKey, unseal } from '../../core/plan/seal.ts'
import { readText } from '../../core/text-file.ts'
import { lookOf, print, tell } from '../output.ts'
import { planLines } from '../render/plan.ts'
import { variablesLine } from '../render/variables.ts'

/**
 * `zds show FILE`: any plan, as `zds plan` shows it. It needs no configuration; the key of a sealed
 * one may be in a file of variables.
 */
export async function showCommand(file: string, options: { all?: true; env?: string }): Promise<number> {
  const variables = options.env ?? (existsSync('.env') ? '.env' : undefined)
  if (variables !== undefined) tell([variablesLine(await readVariables(variables))])
  const plan = await readPlan(file)
  print([...planLines(plan, lookOf(options.all ?? false)), '', `Made at ${plan.createdAt}. Digest ${plan.digest}`])
  return 0
}

/**
 * Reads a plan document, sealed or not. Throws FILE_NOT_FOUND, FILE_INVALID or PLAN_INVALID; of a
 * sealed one without its key, ENV_MISSING or ENV_INVALID.
 */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readText(path, 'Make one with: zds plan --out FILE')
  return parsePlan(isSealed(text) ? unseal(text, path, planKey()) : text, path)
}
