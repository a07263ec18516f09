import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf, ZdsError } from '../../core/errors.ts'
import { parsePlan } from '../../core/plan/schema.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { isSealed, planKey, unseal } from '../../core/plan/seal.ts'
import { lookOf, print } from '../output.ts'
import { planLines } from '../render/plan.ts'

/**
 * `zds show FILE`: any plan, as `zds plan` shows it. It needs no configuration; the key of a sealed
 * one may be in a file of variables.
 */
export async function showCommand(file: string, options: { all?: true; env?: string }): Promise<number> {
  const variables = options.env ?? (existsSync('.env') ? '.env' : undefined)
  if (variables !== undefined) readVariables(variables)
  const plan = await readPlan(file)
  print([...planLines(plan, lookOf(options.all ?? false)), '', `Made at ${plan.createdAt}. Digest ${plan.digest}`])
  return 0
}

/**
 * Reads a plan document, sealed or not. Throws FILE_NOT_FOUND or PLAN_INVALID; of a sealed one
 * without its key, ENV_MISSING or ENV_INVALID.
 */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZdsError('FILE_NOT_FOUND', `The plan ${path} cannot be read`, {
      cause,
      hint: 'Make one with: zds plan --out FILE',
    })
  })
  return parsePlan(isSealed(text) ? unseal(text, path, planKey()) : text, path)
}

function readVariables(file: string): void {
  try {
    process.loadEnvFile(file)
  } catch (cause) {
    throw new ZdsError('FILE_NOT_FOUND', `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}
