import { existsSync } from 'node:fs'
import { readVariables } from '../../core/config/env-file.ts'
import { differencesOf } from '../../core/plan/difference.ts'
import { lookOf, print, printDocument, tell } from '../output.ts'
import { differenceLines } from '../render/difference.ts'
import { variablesLine } from '../render/variables.ts'
import { readPlan } from '../plan-file.ts'

export type DiffOptions = { env?: string; json?: true; all?: true; detailedExitcode?: true }

/** `zds diff PLAN PLAN`: what is in one saved plan and otherwise, or not at all, in the other. */
export async function diffCommand(before: string, after: string, options: DiffOptions): Promise<number> {
  const variables = options.env ?? (existsSync('.env') ? '.env' : undefined)
  if (variables !== undefined) tell([variablesLine(await readVariables(variables))])
  const differences = differencesOf(await readPlan(before), await readPlan(after))
  if (options.json) printDocument({ differences })
  else print(differenceLines(differences, lookOf(options.all ?? false)))
  return options.detailedExitcode && differences.length > 0 ? 2 : 0
}
