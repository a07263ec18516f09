import stringWidth from 'string-width'
import { isRef } from '../../core/refs.ts'
import type { Json } from '../../core/json.ts'

/** `12,345`. */
export const number = (value: number): string => value.toLocaleString('en')

/** `1 organization`, `2 organizations`. */
export function counted(value: number, plural: string): string {
  return `${number(value)} ${value === 1 ? plural.replace(/s$/, '') : plural}`
}

/**
 * A value as a person reads it: text without quotes, nothing as an empty pair of quotes, a record
 * that does not exist yet by its key.
 */
export function shown(value: Json): string {
  if (value === null || value === '') return `''`
  if (isRef(value)) return plain(`${value.ref.sync} ${value.ref.key} (new)`)
  return plain(typeof value === 'string' ? value : JSON.stringify(value))
}

/**
 * Text of others on one line: what could rewrite the terminal, break the line or turn its direction
 * is shown as what it is.
 */
export function plain(text: string): string {
  return text.replaceAll(
    UNSEEN,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )
}

const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu
const ESCAPES: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * `text` cut to `width` columns, with an ellipsis where something is missing. Colours take no
 * columns, and end as they would have.
 */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const part of text.split(COLOUR)) {
    if (part.startsWith(ESCAPE)) {
      kept += part
      continue
    }
    for (const { segment } of LETTERS.segment(part)) {
      const taken = stringWidth(segment)
      if (used < width && used + taken > width - 1) kept += '…'
      used = used + taken > width - 1 ? width : used + taken
      if (used >= width) break
      kept += segment
    }
  }
  return kept
}

/**
 * `text` on as many lines as `width` columns need, broken between words; what follows the first
 * line is indented. Colours take no columns.
 */
export function wrapped(text: string, width: number): string[] {
  if (stringWidth(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && stringWidth(longer) > width) {
      lines.push(line)
      line = `${INDENT}${word}`
    } else line = longer
  }
  return [...lines, line]
}

const INDENT = '      '
const LETTERS = new Intl.Segmenter()
const ESCAPE = '\u001B'
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`)
