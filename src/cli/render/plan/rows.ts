import type { Json } from '../../../core/json.ts'
import { troubleOf, type Outcome } from '../../../core/outcome.ts'
import { redact, redactedJson } from '../../../core/secrets.ts'
import { BOM, csvLine } from '../csv.ts'
import { unknownOf, type Subject } from '../page/subject.ts'
import { escapeControls } from '../../escapes.ts'

const COLUMNS = ['sync', 'instance', 'op', 'key', 'id', 'name', 'reason', 'field', 'from', 'to']
const OUTCOME = ['outcome', 'code', 'message']

/**
 * A line of CSV for each field of each change, for a spreadsheet, with what became of it where it was
 * carried out; without a known secret.
 */
export function* csvOf(subject: Subject): Generator<string, void> {
  yield BOM + csvLine(subject.report === undefined ? COLUMNS : [...COLUMNS, ...OUTCOME])
  for (const { name: sync, instance, changes } of subject.plan.syncs)
    for (const { op, key, id = null, name = null, reason = null, fields } of changes) {
      const head: Json[] = [sync, instance, op, key, id, name, reason]
      const end = outcomeCells(subject, sync, key)
      const values = Object.entries(fields).map(([field, { from, to }]) => [...head, field, from, to, ...end])
      yield redact((values.length === 0 ? [[...head, null, null, null, ...end]] : values).map(csvLine).join(''))
    }
}

function outcomeCells(subject: Subject, sync: string, key: string): Json[] {
  if (subject.report === undefined) return []
  const outcome = outcomeIn(subject, sync, key)
  if (outcome === undefined) return [unknownOf(subject, sync, key), null, null]
  const { code = null, message = null } = troubleOf(outcome) ?? {}
  return [outcome.status, code, message]
}

const outcomeIn = ({ outcomes }: Subject, sync: string, key: string): Outcome | undefined =>
  outcomes?.get(sync)?.get(key)

/** A line of JSON for each change, with what became of it; without a known secret. */
export function* ndjsonOf(subject: Subject): Generator<string, void> {
  for (const { name, instance, resource, changes } of subject.plan.syncs)
    for (const change of changes) {
      const outcome = outcomeIn(subject, name, change.key)
      const row = { sync: name, instance, resource, ...change, ...(outcome && { outcome }) }
      yield `${escapeControls(redactedJson(row))}\n`
    }
}

/** The plan document; of a run that was carried out also its id, its status and its outcomes by sync. */
export function subjectDocument({ plan, report, outcomes = new Map() }: Subject): object {
  if (report === undefined) return plan
  const { run, status } = report
  const bySync = plan.syncs.map(({ name }) => [name, [...(outcomes.get(name)?.values() ?? [])]] as const)
  return { ...plan, run, status, outcomes: Object.fromEntries(bySync) }
}
