import type { Json } from '../../core/json.ts'
import { plain } from './text.ts'

/** By it Excel knows UTF-8. */
export const BOM = '\uFEFF'

/** A line of CSV (RFC 4180). */
export const csvLine = (cells: readonly Json[]): string => `${cells.map(cell).join(',')}\r\n`

/**
 * A spreadsheet would run a text that begins like a formula, so such a cell begins with an
 * apostrophe. What cannot be seen is shown as what it is.
 */
function cell(value: Json): string {
  if (value === null) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = plain(typeof value === 'string' ? value : JSON.stringify(value))
  const safe = /^[\s'"]*[=+\-@]|^\\[trn]/.test(text) ? `'${text}` : text
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
