import type { Json } from '../../core/json.ts'
import { codeOf, plain } from './text.ts'
import { COLOUR, ESCAPE, widthOf } from './width.ts'

const LETTERS = new Intl.Segmenter()

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
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const part of text.split(COLOUR)) {
    if (part.startsWith(ESCAPE)) {
      kept += part
      continue
    }
    for (const { segment } of LETTERS.segment(part)) {
      const taken = widthOf(segment)
      if (used < width && used + taken > width - 1) kept += '…'
      used = used + taken > width - 1 ? width : used + taken
      if (used >= width) break
      kept += segment
    }
  }
  return kept
}
