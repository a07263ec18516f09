import { stripVTControlCharacters } from 'node:util'
import { isRef } from '../../core/refs.ts'
import type { Json } from '../../core/json.ts'
import { COLOUR, isCommon, widthOf } from './width.ts'

/** `12,345`. What needs no comma needs no knowledge of languages, which takes a while to load. */
export const number = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1000 ? `${value}` : value.toLocaleString('en')

/** `98.6 %`. */
export const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`

/** `1 organization`, `2 organizations`. */
export function counted(value: number, plural: string): string {
  return `${number(value)} ${plain(value === 1 ? plural.replace(/s$/, '') : plural)}`
}

/**
 * A value as a person reads it: text without quotes unless it begins or ends with a blank, nothing
 * as an empty pair of quotes, a record that does not exist yet by its key.
 */
export function shown(value: Json): string {
  if (value === null || value === '') return `''`
  if (isRef(value)) return plain(`${value.ref.sync} ${value.ref.key} (new)`)
  if (typeof value !== 'string') return plain(JSON.stringify(value))
  return /^ | $/.test(value) ? `'${plain(value)}'` : plain(value)
}

/**
 * Text of others on one line: what could rewrite the terminal, break the line or turn its
 * direction, and what cannot be seen, is shown as what it is.
 */
export function plain(text: string): string {
  return isCommon(text) ? text : seen(text)
}

/** What joins the parts of an emoji belongs to it. A Braille blank is a symbol to Unicode. */
function seen(text: string): string {
  // All emoji are read when this expression is first met, which takes a while.
  const unseen = /(\p{RGI_Emoji})|[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]--[\x20]]/gv
  return text.replaceAll(unseen, (found, emoji?: string) => emoji ?? ESCAPES[found] ?? escaped(found))
}

/** Lines as they may reach a terminal: of what rewrites it only colours and line ends are left. */
export function harmless(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.split(COLOUR).map((part, at) => (at % 2 === 1 ? part : plain(part))))
  return lines.map((parts) => parts.join('')).join('\n')
}

const ESCAPES: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const code = codeOf(character)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code}`
}

export const codeOf = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')

/** As `wrapped`, with what follows the first line a little further in than that. */
export function indented(text: string, width: number): string[] {
  return wrapped(text, width, `${/^ */.exec(stripVTControlCharacters(text))?.[0] ?? ''}  `)
}

/**
 * `text` on as many lines as `width` columns need, broken between words; what follows the first
 * line is indented. Colours take no columns.
 */
export function wrapped(text: string, width: number, indent = INDENT): string[] {
  if (widthOf(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line)
      line = `${indent}${word}`
    } else line = longer
  }
  return [...lines, line]
}

/** `text` after `head`; what does not fit goes on below where it begins. */
export function hanging(head: string, text: string, width: number): string[] {
  const before = widthOf(head)
  const room = Math.max(width - before, LEAST)
  const [first = '', ...more] = wrapped(text, room, '')
  return [`${head}${first}`, ...more.map((line) => `${' '.repeat(before)}${line}`)]
}

const LEAST = 20
const INDENT = '      '
