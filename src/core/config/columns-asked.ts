import { refuse, ZdsError } from '../errors.ts'
import type { Source } from '../types.ts'

/** What is asked for has the same columns on every day. */
const SOME_DAY = '2000-01-01'

/**
 * Throws CONFIG_INVALID for columns that `reader` reads and the source of its rows does not ask for:
 * each would look as if it were empty, and empty its field in every record. What a source asks for
 * is known where it names the column of its keys.
 */
export function assertAsked(reader: string, rows: Source, key: string, columns: readonly string[]): void {
  const asked = askedBy(rows)
  const lacking = asked?.includes(key) ? columns.filter((column) => !asked.includes(column)) : []
  const issues = lacking.map((column) => ({
    code: 'CONFIG_INVALID',
    where: rows.name,
    message: `does not ask for ${column}`,
    hint: `Add to ${rows.name} what ${reader} reads: its field table to columnsOf, others to columns or children.`,
  }))
  refuse('CONFIG_INVALID', `${reader} reads what ${rows.name} does not ask for`, issues)
}

/** Nothing where a setting that a condition reads cannot be used: those are told together, before a run. */
function askedBy(rows: Source): readonly string[] | undefined {
  try {
    return rows.asks?.(SOME_DAY)
  } catch (error) {
    if (error instanceof ZdsError && error.code === 'ENV_INVALID') return undefined
    throw error
  }
}
