import * as fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { plain } from '../../../src/cli/render/text.ts'
import { isCommon, widthOf } from '../../../src/cli/render/width.ts'
import { colours } from '../plans.ts'

const everyLetter = Array.from({ length: 0x30_00 }, (_, code) => String.fromCharCode(code))

test('what is common has letters of one column each, which hide nothing', () => {
  const common = everyLetter.filter(isCommon)
  expect(common.length).toBeGreaterThan(600)
  for (const letter of common)
    expect([letter, stringWidth(letter), plain(`${letter}\0`)]).toEqual([letter, 1, `${letter}\\u0000`])
  for (const other of ['\u007F', '\u00A0', '\u00AD', '\u0301', '\u200B', '✔\uFE0F', '株', '👧', '\n'])
    expect(isCommon(other)).toBe(false)
})

test('every text is as wide as the library says that it is', () => {
  const letter = fc.oneof(
    fc.constantFrom(...everyLetter),
    fc.constantFrom('\uFE0F', '株', '👩‍👧', '🇩🇪', '5️⃣'),
    fc.string(),
  )
  const word = fc.array(letter, { maxLength: 5 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(word, word, (before, after) => {
      const text = `${before}${colours('red', after)}`
      expect(widthOf(text)).toBe(stringWidth(text))
    }),
    { numRuns: 2000 },
  )
})
