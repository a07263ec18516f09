import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { cut, lookalike } from '../../../src/cli/render/letters.ts'
import { escapeControls } from '../../../src/cli/escapes.ts'
import { counted, harmless, number, plain, shown } from '../../../src/cli/render/text.ts'
import { colours, uncoloured } from '../plans.ts'

describe('shown', () => {
  test.each([
    [null, "''"],
    ['', "''"],
    ['gold', 'gold'],
    [false, 'false'],
    [0, '0'],
    [12.5, '12.5'],
    [['a', 'b'], '["a","b"]'],
    [{ ref: { sync: 'us-gov', key: '001A' } }, 'us-gov 001A (new)'],
    [{ ref: { sync: 'us-gov' } }, '{"ref":{"sync":"us-gov"}}'],
    [' led by a blank', "' led by a blank'"],
    ['followed by two  ', "'followed by two  '"],
    ['two  inside', 'two  inside'],
    ['Acme\u200B', String.raw`Acme\u200B`],
  ])('%j is read as %s', (value, text) => {
    expect(shown(value)).toBe(text)
  })

  test('what is nested is made visible too', () => {
    expect(shown(['a\u009B31m', { ref: '\u202E' }])).toBe(String.raw`["a\u009B31m",{"ref":"\u202E"}]`)
    expect(shown({ ref: { sync: 'us-gov', key: 'a\u001B[2J' } })).toBe(String.raw`us-gov a\u001B[2J (new)`)
  })
})

describe('plain', () => {
  test.each([
    ['line\nbreak\r\ttab', String.raw`line\nbreak\r\ttab`],
    ['\u001B]0;title\u0007', String.raw`\u001B]0;title\u0007`],
    ['C1 \u009B2J \u0085', String.raw`C1 \u009B2J \u0085`],
    ['delete \u007F', String.raw`delete \u007F`],
    ['turned \u202Egnp.exe\u2066', String.raw`turned \u202Egnp.exe\u2066`],
    ['line\u2028paragraph\u2029', String.raw`line\u2028paragraph\u2029`],
    ['zero\u200Bwidth\u2060joined\uFEFF', String.raw`zero\u200Bwidth\u2060joined\uFEFF`],
    ['joined\u200Dletters, not\u200Cjoined', String.raw`joined\u200Dletters, not\u200Cjoined`],
    ['no\u00A0break, wide\u3000, thin\u2009', String.raw`no\u00A0break, wide\u3000, thin\u2009`],
    ['soft\u00ADhyphen, filler\u3164, braille\u2800', String.raw`soft\u00ADhyphen, filler\u3164, braille\u2800`],
    ['variant\uFE0F, tag\u{E0041}, lone\uD800', String.raw`variant\uFE0F, tag\u{E0041}, lone\uD800`],
  ])('%j is shown as what it is', (text, seen) => {
    expect(plain(text)).toBe(seen)
  })

  test('leaves the letters of people alone', () => {
    const names = 'Ångström GmbH & Co. “Ünïcode” 株式会社 שלום 👩‍👩‍👧 é e\u0301'
    expect(plain(names)).toBe(names)
  })

  test.each(['👩‍👩‍👧‍👦', '❤️', '🏳️‍🌈', '5️⃣', '👍🏽', '🇩🇪', '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'])(
    'leaves what joins the parts of %s alone',
    (emoji) => {
      expect(plain(`a ${emoji} b`)).toBe(`a ${emoji} b`)
    },
  )
})

describe('where two sides look alike, their code points are shown', () => {
  test.each([
    ['Café', 'Cafe\u0301', 'composed and decomposed', ' (U+00E9 -> U+0065 U+0301)'],
    ['Société Générale', 'Société Générale'.normalize('NFD'), 'the same letter once', ' (U+00E9 -> U+0065 U+0301)'],
    ['Acme', '\u0410cme', 'another alphabet', ' (U+0041 -> U+0410)'],
    ['d’Énergie', "d'Énergie", 'another apostrophe', ' (U+2019 -> U+0027)'],
    ['A - B', 'A – B', 'another dash', ' (U+002D -> U+2013)'],
    ['ＡＢＣ', 'ABC', 'wide letters', ' (U+FF21 -> U+0041, U+FF22 -> U+0042, U+FF23 -> U+0043)'],
    ['Björn', 'Bjorn', 'letters that look different', ''],
    ['Acme', 'Acne', 'another letter', ''],
    ['Acme', 'Acme SE', 'more letters', ''],
    ['株式', '東京', 'other words', ''],
    ['same', 'same', 'the same', ''],
    ['no break', 'no\u00A0break', 'what is shown as what it is anyway', ''],
    [1, 2, 'no text', ''],
    [null, 'x', 'no text', ''],
  ] as const)('%j and %j: %s', (from, to, _, told) => {
    expect(lookalike(from, to)).toBe(told)
  })
})

describe('counted', () => {
  test.each([
    [0, 'organizations', '0 organizations'],
    [1, 'organizations', '1 organization'],
    [12_345, 'users', '12,345 users'],
  ])('%d %s', (value, plural, text) => expect(counted(value, plural)).toBe(text))

  test('numbers are grouped', () => {
    expect([0, 999, -5, 0.25].map(number)).toEqual(['0', '999', '-5', '0.25'])
    expect([1000, -1000, 12_345.6, 1_234_567].map(number)).toEqual(['1,000', '-1,000', '12,345.6', '1,234,567'])
  })
})

describe('cut', () => {
  test('leaves what fits', () => {
    expect(cut('x'.repeat(80), 80)).toBe('x'.repeat(80))
    expect(cut('anything', Number.POSITIVE_INFINITY)).toBe('anything')
  })

  test('ends what does not fit with an ellipsis, within the width', () => {
    expect(cut('x'.repeat(81), 80)).toBe(`${'x'.repeat(79)}…`)
  })

  test.each([
    ['wide letters', '株式会社'.repeat(40)],
    ['a family of one letter', '👩‍👩‍👧'.repeat(60)],
    ['accents as letters of their own', 'e\u0301'.repeat(100)],
  ])('%s count as many columns as they take', (_, text) => {
    const short = cut(text, 80)
    expect(stringWidth(short)).toBeLessThanOrEqual(80)
    expect(stringWidth(short)).toBeGreaterThan(76)
    expect(short.endsWith('…')).toBe(true)
    expect(text.startsWith(short.slice(0, -1))).toBe(true)
  })

  test('colours take no columns', () => {
    const text = `  ${colours('green', '+')} ${'x'.repeat(76)}`
    expect(cut(text, 80)).toBe(text)
  })

  test('colours that were open are closed, one ellipsis however many parts are left out', () => {
    const text = colours('red', 'x'.repeat(90)) + colours('red', 'y'.repeat(90))
    const short = cut(text, 20)
    expect(uncoloured(short)).toBe(`${'x'.repeat(19)}…`)
    expect(short.split('\u001B[31m')).toHaveLength(3)
    expect(short.split('\u001B[39m')).toHaveLength(3)
    expect(short.endsWith('\u001B[39m')).toBe(true)
  })

  test('a text that ends exactly where a colour begins is not marked as cut', () => {
    expect(uncoloured(cut(`${'x'.repeat(10)}${colours('red', 'y')}`, 11))).toBe(`${'x'.repeat(10)}y`)
    expect(uncoloured(cut(`${'x'.repeat(10)}${colours('red', 'yy')}`, 11))).toBe(`${'x'.repeat(10)}…`)
  })
})

describe('whatever reaches a terminal', () => {
  test('keeps its colours and its line ends, and nothing else that is not seen', () => {
    expect(harmless('\u001B[31mred\u001B[39m\nnext\u001B[2J\u009B31m\u202E\r')).toBe(
      '\u001B[31mred\u001B[39m\nnext' + String.raw`\u001B[2J\u009B31m\u202E\r`,
    )
    expect(harmless(plain('a\u001Bb'))).toBe(plain('a\u001Bb'))
  })

  test('as JSON, is the same to whoever parses it', () => {
    const value = { '\u202Ekey': ['\u009B2J', '\u001B', 'e\u0301 👩‍👩‍👧', '\u{E0041}', '\n'] }
    const text = escapeControls(JSON.stringify(value, null, 2))
    expect(JSON.parse(text)).toEqual(value)
    expect(text).not.toMatch(/[^\P{C}\n]/u)
  })
})

test('a word of a plan that is counted is made visible', () => {
  expect(counted(2, '\u001B[2J')).toBe(String.raw`2 \u001B[2J`)
})
