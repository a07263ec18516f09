import { assertAuthentic, addProof } from '../core/plan/mac.ts'
import type { Plan } from '../core/plan/plan.ts'
import { planReader } from '../core/plan/schema.ts'
import { isSealed, planKey, unseal } from '../core/plan/seal.ts'
import { textParts } from '../core/text-file.ts'
import { refuseOthers } from './private-file.ts'

/** How a plan document and its summary begin, whole or broken off. */
const PLAN = /^\s*\{\s*"version":\s*\d+,\s*"(?:createdAt|asOf)":/

/**
 * Throws USAGE where `file` is there and is no plan: `--out` replaces only what it may have
 * written.
 */
export const refuseToReplace = (file: string): Promise<void> =>
  refuseOthers(file, { isOurs: (start) => PLAN.test(start) || isSealed(start), kind: 'plan', option: '--out' })

/**
 * Reads a plan document, sealed or not. Throws FILE_NOT_FOUND, FILE_INVALID or PLAN_INVALID; with a
 * key, PLAN_NOT_AUTHENTIC for one that was not made with it; of a sealed one without its key,
 * ENV_MISSING or ENV_INVALID.
 */
export async function readPlan(path: string): Promise<Plan> {
  const parts = textParts(path, 'Make one with: zds plan --out FILE')
  const first = (await parts.next()).value ?? ''
  // What was sealed with the key was made by who has it.
  if (isSealed(first)) return addProof(await planOf(unseal(after(first, parts), path, planKey(SEALED)), path))
  const plan = await planOf(after(first, parts), path)
  assertAuthentic(plan, path)
  return plan
}

const SEALED = 'Set the key that it was sealed with, in the environment or in a file that is named by --env.'

/** What is wrong with the plan is told when its text is whole, and proved where it was sealed. */
async function planOf(parts: AsyncIterable<string>, path: string): Promise<Plan> {
  const reader = planReader(path)
  for await (const part of parts) reader.add(part)
  return reader.plan()
}

async function* after(first: string, parts: AsyncIterable<string>): AsyncGenerator<string> {
  yield first
  yield* parts
}
