/** What values mean, however they are written (CMP-02). */

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Names and addresses as Zendesk compares them: trimmed, without case (AMB-20, USR-03). */
export const folded = (text: unknown): string => textOf(text).trim().toLowerCase()

/** Nothing, an empty text and an empty checkbox are one; blanks around a text are none of it; a date is its day. */
export function meant(value: unknown): unknown {
  if (value === undefined || value === false) return null
  if (typeof value !== 'string') return value
  const text = value.trim().replace(/^(\d{4}-\d\d-\d\d)T.*$/, '$1')
  return text === '' ? null : text
}
