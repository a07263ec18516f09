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

/** `text` cut to `width` columns, with an ellipsis where something is missing. Colours take no columns, and end as they would have. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const part of text.split(COLOUR)) {
    if (part.startsWith(ESCAPE)) {
      kept += part
      continue
    }
    for (const { segment } of new Intl.Segmenter().segment(part)) {
      const taken = stringWidth(segment)
      if (used < width && used + taken > width - 1) kept += '…'
      used = used + taken > width - 1 ? width : used + taken
      if (used < width) kept += segment
    }
  }
  return kept
}

const ESCAPE = '\u001B'
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`)
