import stringWidth from 'string-width'
import type { Json } from '../core/json.ts'

/** `12,345`. */
export const number = (value: number): string => value.toLocaleString('en')

/** `1 organization`, `2 organizations`. */
export function counted(value: number, plural: string): string {
  return `${number(value)} ${value === 1 ? plural.replace(/s$/, '') : plural}`
}

/** A value as a person reads it: text without quotes, nothing as an empty pair of quotes. */
export function shown(value: Json): string {
  if (value === null || value === '') return `''`
  return typeof value === 'string' ? oneLine(value) : JSON.stringify(value)
}

/** Control characters could rewrite the terminal: they are shown as what they are. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}

/** `text` cut to `width` columns, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** `text` filled up with blanks to `width` columns. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)))
