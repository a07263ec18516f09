import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { isRef } from '../../core/refs.ts'
import type { Json } from '../../core/json.ts'

/** `12,345`. */
export const number = (value: number): string => value.toLocaleString('en')

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
  return text.replaceAll(UNSEEN, (found, emoji?: string) => emoji ?? ESCAPES[found] ?? escaped(found))
}

/** Lines as they may reach a terminal: of what rewrites it only colours and line ends are left. */
export function harmless(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.split(COLOUR).map((part, at) => (at % 2 === 1 ? part : plain(part))))
  return lines.map((parts) => parts.join('')).join('\n')
}

/** JSON text with nothing in it that could rewrite a terminal: the same to whoever parses it. */
export const escapedJson = (text: string): string =>
  text.replaceAll(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\n]]/gv, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  )

// What joins the parts of an emoji belongs to it. A Braille blank is a symbol to Unicode.
const UNSEEN = /(\p{RGI_Emoji})|[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]--[\x20]]/gv
const ESCAPES: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const code = codeOf(character)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code}`
}

const codeOf = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')

/**
 * The letters in which two texts differ as code points, ` (U+00E9 -> U+0065 U+0301)`, where they
 * look alike: composed and decomposed, of another alphabet, another apostrophe. Else nothing.
 */
export function lookalike(from: Json, to: Json): string {
  if (typeof from !== 'string' || typeof to !== 'string') return ''
  const [before, after] = [from, to].map((text) => [...LETTERS.segment(text)].map(({ segment }) => segment))
  if (before === undefined || before.length !== after?.length) return ''
  const pairs = before.map((letter, index) => [letter, after[index] ?? ''] as const).filter(([a, b]) => a !== b)
  if (!pairs.every(([a, b]) => alike(a, b))) return ''
  const seen = pairs.filter((letters) => letters.every((letter) => plain(letter) === letter))
  const codes = new Set(seen.map(([a, b]) => `${pointsOf(a)} -> ${pointsOf(b)}`))
  return codes.size === 0 ? '' : ` (${[...codes].join(', ')})`
}

function alike(a: string, b: string): boolean {
  if (a.normalize('NFKC') === b.normalize('NFKC')) return true
  const both = (sort: RegExp): boolean => sort.test(a) && sort.test(b)
  return both(/^\p{P}$/u) || (both(/^\p{L}/u) && LATIN.test(a) !== LATIN.test(b))
}

const pointsOf = (letter: string): string => Array.from(letter, (character) => `U+${codeOf(character)}`).join(' ')

const LATIN = /^\p{Script=Latin}/u

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

/** As `wrapped`, with what follows the first line a little further in than that. */
export function indented(text: string, width: number): string[] {
  return wrapped(text, width, `${/^ */.exec(stripVTControlCharacters(text))?.[0] ?? ''}  `)
}

/**
 * `text` on as many lines as `width` columns need, broken between words; what follows the first
 * line is indented. Colours take no columns.
 */
export function wrapped(text: string, width: number, indent = INDENT): string[] {
  if (stringWidth(text) <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && stringWidth(longer) > width) {
      lines.push(line)
      line = `${indent}${word}`
    } else line = longer
  }
  return [...lines, line]
}

/** `text` after `head`; what does not fit goes on below where it begins. */
export function hanging(head: string, text: string, width: number): string[] {
  const before = stringWidth(head)
  const room = Math.max(width - before, LEAST)
  const [first = '', ...more] = wrapped(text, room, '')
  return [`${head}${first}`, ...more.map((line) => `${' '.repeat(before)}${line}`)]
}

const LEAST = 20
const INDENT = '      '
const LETTERS = new Intl.Segmenter()
const ESCAPE = '\u001B'
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`)
