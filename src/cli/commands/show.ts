import { existsSync } from 'node:fs'
import { readVariables } from '../../core/config/env-file.ts'
import { opCounts, type Plan } from '../../core/plan/plan.ts'
import { redact } from '../../core/secrets.ts'
import { asCalled } from '../called.ts'
import { escapeControls } from '../escapes.ts'
import { lookOf, print, printParts, shownParts, tell } from '../output.ts'
import { readPlan } from '../plan-file.ts'
import type { Look } from '../render/look.ts'
import { changesMarkdown, markdownOf } from '../render/markdown.ts'
import { pageOf } from '../render/page/page.ts'
import type { Subject } from '../render/page/subject.ts'
import { csvOf, ndjsonOf, subjectDocument } from '../render/plan/rows.ts'
import { planLines } from '../render/plan/screen.ts'
import { isSelective, selectedOf, type Wanted } from '../render/plan/select.ts'
import { selectionLines } from '../render/plan/selection.ts'
import { reportLines } from '../render/report.ts'
import { variablesLine } from '../render/variables.ts'
import { subjectOf } from '../subject.ts'

/** The forms in which a plan is shown. */
type Format = 'text' | 'md' | 'html' | 'csv' | 'ndjson' | 'json'

export type ShowOptions = Wanted & { all?: true; config?: string; env?: string; format: Format; json?: true }

/** How runs are called: `20260316T083000-1a2b3c`, and the newest. */
const RUN = /^(last|\d{8}T\d{6}-[\da-f]{6})$/

/**
 * `zds show FILE`: any plan, as `zds plan` shows it, or a part of it, or in a form for other tools.
 * It needs no configuration; the key of a sealed one may be in a file of variables. `zds show RUN`:
 * the same of what a run has planned, and what became of it.
 */
export async function showCommand(asked: string, options: ShowOptions, signal: AbortSignal): Promise<number> {
  const isRun = !existsSync(asked) && RUN.test(asked)
  const whole = isRun ? await subjectOf(asked, options, signal) : { plan: await savedPlan(asked, options) }
  const part = isSelective(options) ? { ...whole, plan: selectedOf(whole.plan, options) } : whole
  const format = options.json ? 'json' : options.format
  if (format !== 'text') printParts(textOf(part, format, options))
  else if (isSelective(options)) print(selectionLines(part.plan, whole.plan, lookOf(true)))
  else showWhole(whole, asked, lookOf(options.all ?? false))
  return 0
}

async function savedPlan(file: string, { env }: ShowOptions): Promise<Plan> {
  const variables = env ?? (existsSync('.env') ? '.env' : undefined)
  if (variables !== undefined) tell([variablesLine(await readVariables(variables))])
  return readPlan(file)
}

/** Whoever has a plan has all of it: nothing that a sync keeps to itself is left out here. */
function textOf(subject: Subject, format: Exclude<Format, 'text'>, options: ShowOptions): Iterable<string> {
  const { plan } = subject
  switch (format) {
    case 'md':
      return [
        redact(
          isSelective(options) ? changesMarkdown(plan.syncs) : markdownOf(subject, plan.syncs, options.all ?? false),
        ),
      ]
    case 'html':
      return [redact(pageOf(subject, plan.syncs))]
    case 'csv':
      return csvOf(subject)
    case 'ndjson':
      return ndjsonOf(subject)
    case 'json':
      return shownParts(subjectDocument(subject)).map(escapeControls)
    default:
      return format satisfies never
  }
}

function showWhole({ plan, report }: Subject, asked: string, look: Look): void {
  print([...planLines(plan, look), '', `Made at ${plan.createdAt}`, `Digest ${plan.digest}`])
  if (report !== undefined)
    print([
      '',
      look.paint('bold', `WHAT BECAME OF IT (run ${report.run}: ${report.status})`),
      ...reportLines(report, look),
    ])
  if (!look.all) tell(['', ...moreSteps(plan, asked).map((line) => asCalled(line))])
}

/** How more of a plan is seen: commands on lines of their own, whole at any width, to be copied. */
function moreSteps({ syncs }: Plan, asked: string): string[] {
  const ends = syncs.map(opCounts).some(({ retire, remove }) => retire + remove > 0)
  return [
    'More of it:',
    `  zds show ${asked} --all`,
    ...(ends ? [`  zds show ${asked} --retire`] : []),
    `  zds show ${asked} --help`,
  ]
}
