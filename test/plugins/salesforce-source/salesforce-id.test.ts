import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { salesforceIdOf } from 'zds/salesforce-source'

const short = fc.string({
  unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('')),
  minLength: 15,
  maxLength: 15,
})
const full = short.map((id) => salesforceIdOf(id) ?? '')

describe('SAFE-10: the one spelling of a Salesforce id', () => {
  it.each([
    // From the documentation of Salesforce, and from ids as they are seen.
    ['0016000000Ay5Y4', '0016000000Ay5Y4AAJ'],
    ['001000000043kjx', '001000000043kjxAAA'],
    ['001PL000000001m', '001PL000000001mYAA'],
    [' 001PL000000001m\n', '001PL000000001mYAA'],
    ['001PL000000001mYAA', '001PL000000001mYAA'],
    ['001pl000000001myaa', '001PL000000001mYAA'],
    ['001PL000000001MYAA', '001PL000000001mYAA'],
    // Letters in both cases, which contradict the end.
    ['001pL000000001mYAA', undefined],
    ['\u00A0001PL000000001mYAA ', '001PL000000001mYAA'],
  ])('of %j is %j', (text, id) => {
    expect(salesforceIdOf(text)).toBe(id)
  })

  it.each([
    '',
    ' ',
    '001',
    'Acme GmbH',
    '001PL000000001',
    '001PL000000001mYA',
    '001PL000000001mYA9',
    '001PL0000-0001m',
  ])('of %j is none', (text) => {
    expect(salesforceIdOf(text)).toBeUndefined()
  })

  it('is the same for 15 and 18 characters, in any case of all of them, with blanks or without', () => {
    fc.assert(
      fc.property(full, (id) => {
        expect(id).toHaveLength(18)
        for (const other of [id.slice(0, 15), id, ` ${id}`, `${id}\t`, id.toLowerCase(), id.toUpperCase()])
          expect(salesforceIdOf(other)).toBe(id)
      }),
    )
  })

  it('tells ids apart that differ in case only', () => {
    fc.assert(
      fc.property(short, short, (one, other) => {
        expect(salesforceIdOf(one) === salesforceIdOf(other)).toBe(one === other)
      }),
    )
  })
})
