import type { Json } from '../../core/json.ts'
import { driftedChangesOf, type DriftedChange } from '../../core/answers/drift.ts'
import { outcomeOf, runNamed } from '../../core/run/history.ts'
import { redact, redactedJson } from '../../core/secrets.ts'
import { escapeControls } from '../escapes.ts'
import { BOM, csvLine } from '../render/csv.ts'
import { inSession } from '../session.ts'

export type OutcomesOptions = { config?: string; env?: string; format: 'ndjson' | 'csv' }

const COLUMNS = [
  'sync',
  'op',
  'key',
  'status',
  'id',
  'code',
  'message',
  'name',
  'reason',
  'from',
  'to',
  'drift',
] as const
type OutcomeRow = { readonly [column in (typeof COLUMNS)[number]]: Json }

/** `zds outcomes RUN`: what became of each change, as NDJSON or CSV, for other tools. */
export async function outcomesCommand(asked: string, options: OutcomesOptions, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    const { journal } = engine.shared.state
    const past = await runNamed(journal, asked)
    if (options.format === 'csv') process.stdout.write(BOM + csvLine(COLUMNS))
    for await (const one of driftedChangesOf(journal, past)) {
      const row = rowOf(one)
      const line =
        options.format === 'csv'
          ? redact(csvLine(COLUMNS.map((column) => row[column])))
          : `${escapeControls(redactedJson(row))}\n`
      process.stdout.write(line)
    }
    return 0
  })
}

/**
 * `from` and `to` are the values of the fields that are written; `drift` names those that somebody
 * had changed since zds wrote them last.
 */
function rowOf({ sync, change, known, drift }: DriftedChange): OutcomeRow {
  const { op, key, name = null, reason = null, fields } = change
  const values = (side: 'from' | 'to') =>
    Object.fromEntries(Object.entries(fields).map(([field, one]) => [field, one[side]]))
  return { sync, op, key, ...outcomeOf(known), name, reason, from: values('from'), to: values('to'), drift }
}
