import { changesOf, runNamed } from '../../core/run/history.ts'
import type { Known } from '../../core/outcome.ts'
import { redact } from '../../core/secrets.ts'
import { inSession } from '../session.ts'

export type OutcomesOptions = { config?: string; env?: string; format: 'ndjson' | 'csv' }

const COLUMNS = ['sync', 'op', 'key', 'status', 'id', 'code', 'message'] as const
type Row = { readonly [column in (typeof COLUMNS)[number]]: string | null }

/** `zds outcomes RUN`: what became of each change, as NDJSON or CSV, for other tools. */
export async function outcomesCommand(asked: string, options: OutcomesOptions, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    const { journal } = engine.shared.state
    const past = await runNamed(journal, asked)
    if (options.format === 'csv') process.stdout.write(`${COLUMNS.join(',')}\r\n`)
    for await (const { sync, change, known } of changesOf(journal, past)) {
      const row = rowOf(sync, change.op, change.key, known)
      const line =
        options.format === 'csv'
          ? `${COLUMNS.map((column) => quoted(row[column])).join(',')}\r\n`
          : `${JSON.stringify(row)}\n`
      process.stdout.write(redact(line))
    }
    return 0
  })
}

function rowOf(sync: string, op: string, key: string, known: Known | undefined): Row {
  const empty = { sync, op, key, id: null, code: null, message: null }
  if (known === undefined) return { ...empty, status: 'not-attempted' }
  if (known.kind !== 'outcome') return { ...empty, status: 'unknown' }
  const { outcome } = known
  return outcome.status === 'done'
    ? { ...empty, status: outcome.status, id: outcome.id }
    : { ...empty, status: outcome.status, code: outcome.code, message: outcome.message }
}

/**
 * RFC 4180. A spreadsheet would run a cell that begins like a formula, so such a cell begins with
 * an apostrophe.
 */
function quoted(value: string | null): string {
  if (value === null) return ''
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
