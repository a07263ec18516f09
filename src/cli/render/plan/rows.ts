import type { Json } from '../../../core/json.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { redact, redactedJson } from '../../../core/secrets.ts'
import { BOM, csvLine } from '../csv.ts'

const COLUMNS = ['sync', 'instance', 'op', 'key', 'id', 'name', 'reason', 'field', 'from', 'to'] as const

/** A line of CSV for each field of each change, for a spreadsheet; without a known secret. */
export function* csvOf({ syncs }: Plan): Generator<string, void> {
  yield BOM + csvLine(COLUMNS)
  for (const { name: sync, instance, changes } of syncs)
    for (const { op, key, id = null, name = null, reason = null, fields } of changes) {
      const head: Json[] = [sync, instance, op, key, id, name, reason]
      const values = Object.entries(fields).map(([field, { from, to }]) => [...head, field, from, to])
      yield redact((values.length === 0 ? [[...head, null, null, null]] : values).map(csvLine).join(''))
    }
}

/** A line of JSON for each change, without a known secret. */
export function* ndjsonOf({ syncs }: Plan): Generator<string, void> {
  for (const { name, instance, resource, changes } of syncs)
    for (const change of changes) yield `${redactedJson({ sync: name, instance, resource, ...change })}\n`
}
