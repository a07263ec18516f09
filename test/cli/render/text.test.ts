import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { counted, cut, number, plain, shown } from '../../../src/cli/render/text.ts'
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
  ])('%j is shown as what it is', (text, seen) => {
    expect(plain(text)).toBe(seen)
  })

  test('leaves the letters of people alone', () => {
    const names = 'Ångström GmbH & Co. “Ünïcode” 株式会社 שלום 👩‍👩‍👧 é'
    expect(plain(names)).toBe(names)
  })
})

describe('counted', () => {
  test.each([
    [0, 'organizations', '0 organizations'],
    [1, 'organizations', '1 organization'],
    [12_345, 'users', '12,345 users'],
  ])('%d %s', (value, plural, text) => expect(counted(value, plural)).toBe(text))

  test('numbers are grouped', () => expect(number(1_234_567)).toBe('1,234,567'))
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
