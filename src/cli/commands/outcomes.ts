import type { Json } from '../../core/json.ts'
import type { Known } from '../../core/outcome.ts'
import type { Change } from '../../core/plan/plan.ts'
import { changesOf, outcomeOf, runNamed } from '../../core/run/history.ts'
import { redact } from '../../core/secrets.ts'
import { inSession } from '../session.ts'

export type OutcomesOptions = { config?: string; env?: string; format: 'ndjson' | 'csv' }

const COLUMNS = ['sync', 'op', 'key', 'status', 'id', 'code', 'message', 'name', 'reason', 'from', 'to'] as const
type Row = { readonly [column in (typeof COLUMNS)[number]]: Json }

/** `zds outcomes RUN`: what became of each change, as NDJSON or CSV, for other tools. */
export async function outcomesCommand(asked: string, options: OutcomesOptions, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    const { journal } = engine.shared.state
    const past = await runNamed(journal, asked)
    if (options.format === 'csv') process.stdout.write(`${COLUMNS.join(',')}\r\n`)
    for await (const { sync, change, known } of changesOf(journal, past)) {
      const row = rowOf(sync, change, known)
      const line =
        options.format === 'csv'
          ? `${COLUMNS.map((column) => quoted(cellOf(row[column]))).join(',')}\r\n`
          : `${JSON.stringify(row)}\n`
      process.stdout.write(redact(line))
    }
    return 0
  })
}

/** `from` and `to` are the values of the fields that are written. */
function rowOf(sync: string, { op, key, name, reason, fields }: Change, known: Known | undefined): Row {
  const values = (side: 'from' | 'to') =>
    Object.fromEntries(Object.entries(fields).map(([field, change]) => [field, change[side]]))
  return {
    sync,
    op,
    key,
    ...outcomeOf(known),
    name: name ?? null,
    reason: reason ?? null,
    from: values('from'),
    to: values('to'),
  }
}

const cellOf = (value: Json): string | null =>
  value === null || typeof value === 'string' ? value : JSON.stringify(value)

/**
 * RFC 4180. A spreadsheet would run a cell that begins like a formula, so such a cell begins with
 * an apostrophe.
 */
function quoted(value: string | null): string {
  if (value === null) return ''
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
