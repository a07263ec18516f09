import type { Json } from '../../../core/json.ts'
import type { Plan } from '../../../core/plan/plan.ts'
import { redact, redactedJson } from '../../../core/secrets.ts'
import { BOM, csvLine } from '../csv.ts'

const COLUMNS = ['sync', 'instance', 'op', 'key', 'id', 'name', 'reason', 'field', 'from', 'to'] as const

/** A line of CSV for each field of each change, for a spreadsheet; without a known secret. */
export function csvOf({ syncs }: Plan): string {
  const rows = syncs.flatMap(({ name: sync, instance, changes }) =>
    changes.flatMap(({ op, key, id = null, name = null, reason = null, fields }) => {
      const head: Json[] = [sync, instance, op, key, id, name, reason]
      const values = Object.entries(fields).map(([field, { from, to }]) => [...head, field, from, to])
      return values.length === 0 ? [[...head, null, null, null]] : values
    }),
  )
  return redact(BOM + [COLUMNS, ...rows].map(csvLine).join(''))
}

/** A line of JSON for each change, without a known secret. */
export function ndjsonOf({ syncs }: Plan): string {
  return syncs
    .flatMap(({ name, instance, resource, changes }) =>
      changes.map((change) => `${redactedJson({ sync: name, instance, resource, ...change })}\n`),
    )
    .join('')
}
