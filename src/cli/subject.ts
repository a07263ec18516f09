import { existsSync } from 'node:fs'
import type { Outcome } from '../core/outcome.ts'
import { driftedChangesOf } from '../core/answers/drift.ts'
import { planNamed } from '../core/run/history.ts'
import { lapsOf } from '../core/run/timeline.ts'
import type { Engine } from '../core/engine.ts'
import { readPlan } from './plan-file.ts'
import type { Subject } from './render/page/subject.ts'
import { inSession } from './session.ts'

/** A saved plan, or what a run (its id, or `last`) has planned and what became of it. */
export async function subjectOf(
  asked: string,
  options: { readonly config?: string; readonly env?: string },
  signal: AbortSignal,
): Promise<Subject> {
  return existsSync(asked)
    ? { plan: await readPlan(asked) }
    : inSession(options, signal, ({ engine }) => pastOf(asked, engine))
}

async function pastOf(asked: string, engine: Engine): Promise<Subject> {
  const { state } = engine.shared
  const { id, plan, run } = await planNamed(asked, state)
  const artifacts = state.artifacts(id)
  const laps = { plan: await lapsOf('plan', artifacts), apply: await lapsOf('apply', artifacts) }
  if (run === undefined) return { plan, laps }
  const outcomes = new Map(plan.syncs.map(({ name }) => [name, new Map<string, Outcome>()]))
  const unsettled = new Map(plan.syncs.map(({ name }) => [name, new Set<string>()]))
  const drift = new Map(plan.syncs.map(({ name }) => [name, new Map<string, readonly string[]>()]))
  for await (const { sync, change, known, drift: fields } of driftedChangesOf(state.journal, { run, plan })) {
    if (known?.kind === 'outcome') outcomes.get(sync)?.set(change.key, known.outcome)
    else if (known !== undefined) unsettled.get(sync)?.add(change.key)
    if (fields.length > 0) drift.get(sync)?.set(change.key, fields)
  }
  return { plan, laps, report: await engine.report(id), outcomes, unsettled, drift }
}
