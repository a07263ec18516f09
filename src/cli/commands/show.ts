import { existsSync } from 'node:fs'
import { readVariables } from '../../core/config/env-file.ts'
import { assertAuthentic, addProof } from '../../core/plan/mac.ts'
import { redact, redactedJson } from '../../core/secrets.ts'
import { parsePlan } from '../../core/plan/schema.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { isSealed, planKey, unseal } from '../../core/plan/seal.ts'
import { readText } from '../../core/text-file.ts'
import { asCalled } from '../called.ts'
import { lookOf, print, tell } from '../output.ts'
import { pageOf } from '../render/page/page.ts'
import { changesMarkdown, markdownOf } from '../render/plan/markdown.ts'
import { csvOf, ndjsonOf } from '../render/plan/rows.ts'
import { planLines } from '../render/plan/screen.ts'
import { isSelective, selectedOf, type Wanted } from '../render/plan/select.ts'
import { selectionLines } from '../render/plan/selection.ts'
import { variablesLine } from '../render/variables.ts'

/** The forms in which a plan is shown. */
type Format = 'text' | 'md' | 'html' | 'csv' | 'ndjson' | 'json'

export type ShowOptions = Wanted & { all?: true; env?: string; format: Format; json?: true }

/**
 * `zds show FILE`: any plan, as `zds plan` shows it, or a part of it, or in a form for other tools.
 * It needs no configuration; the key of a sealed one may be in a file of variables.
 */
export async function showCommand(file: string, options: ShowOptions): Promise<number> {
  const variables = options.env ?? (existsSync('.env') ? '.env' : undefined)
  if (variables !== undefined) tell([variablesLine(await readVariables(variables))])
  const whole = await readPlan(file)
  const plan = isSelective(options) ? selectedOf(whole, options) : whole
  const format = options.json ? 'json' : options.format
  if (format !== 'text') process.stdout.write(textOf(plan, format, options))
  else if (isSelective(options)) print(selectionLines(plan, whole, lookOf(true)))
  else showWhole(plan, file, options.all ?? false)
  return 0
}

function textOf(plan: Plan, format: Exclude<Format, 'text'>, options: ShowOptions): string {
  switch (format) {
    case 'md':
      return redact(isSelective(options) ? changesMarkdown(plan) : markdownOf(plan, options.all ?? false))
    case 'html':
      return redact(pageOf({ plan }, plan.syncs))
    case 'csv':
      return csvOf(plan)
    case 'ndjson':
      return ndjsonOf(plan)
    case 'json':
      return `${redactedJson(plan, 2)}\n`
    default:
      return format satisfies never
  }
}

function showWhole(plan: Plan, file: string, all: boolean): void {
  print([...planLines(plan, lookOf(all)), '', `Made at ${plan.createdAt}. Digest ${plan.digest}`])
  if (!all) tell(['', ...moreSteps(plan, file).map((line) => asCalled(line))])
}

/** How more of a plan is seen: commands on lines of their own, whole at any width, to be copied. */
function moreSteps({ syncs }: Plan, file: string): string[] {
  const changes = syncs.flatMap((sync) => sync.changes)
  const ends = changes.some(({ op }) => op === 'retire' || op === 'remove')
  return [
    'More of it:',
    `  zds show ${file} --all`,
    ...(ends ? [`  zds show ${file} --retire`] : []),
    `  zds show ${file} --help`,
  ]
}

/**
 * Reads a plan document, sealed or not. Throws FILE_NOT_FOUND, FILE_INVALID or PLAN_INVALID; with a
 * key, PLAN_NOT_AUTHENTIC for one that was not made with it; of a sealed one without its key,
 * ENV_MISSING or ENV_INVALID.
 */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readText(path, 'Make one with: zds plan --out FILE')
  // What was sealed with the key was made by who has it.
  if (isSealed(text)) return addProof(parsePlan(unseal(text, path, planKey()), path))
  const plan = parsePlan(text, path)
  assertAuthentic(plan, path)
  return plan
}
