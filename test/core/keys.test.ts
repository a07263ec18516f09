import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { date, integer, keyOf, keyReader, lowerCase, name, reference, text, typesOf, type Json } from 'zds'

const types = typesOf({ id: integer(), code: text(), day: date(), label: name(), owner: reference() })
const values = fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', '/', '\\', ' ') }), {
  minLength: 2,
  maxLength: 3,
})

describe('the text of a key', () => {
  it.each<[readonly Json[], string]>([
    [['A-1'], 'A-1'],
    [['a/b\\c'], 'a/b\\c'],
    [[12], '12'],
    [['a', 'b'], 'a/b'],
    [['a/b', 'c\\'], 'a\\/b/c\\\\'],
    [[''], ''],
    [[null], ''],
    [['a', null], ''],
    [[true], ''],
  ])('of %j is %j', (parts, key) => {
    expect(keyOf(...parts)).toBe(key)
  })

  it('is another one for other values, however they are made up', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        expect(keyOf(...one) === keyOf(...other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
    )
  })

  it('has the values in it: what a processor joins is what the fields of a record say', () => {
    fc.assert(
      fc.property(fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 })), ([code, owner]) => {
        const { ofText, ofFields } = keyReader({ key: ['code', 'owner'] }, types)
        expect(ofText(keyOf(code, owner))).toEqual(ofFields({ code, owner }))
        expect(ofFields({ code, owner })).toMatchObject({ raw: keyOf(code, owner) })
      }),
    )
  })
})

describe('the keys of both sides of a sync', () => {
  it.each<[string, Json, string]>([
    ['id', 12, '12'],
    ['id', 12, '012'],
    ['day', '2026-03-16T00:00:00+00:00', '2026-03-16'],
    ['label', ' Acme ', 'Acme'],
    ['owner', 4711, '4711'],
    ['code', 'A', 'A'],
  ])('of a field %s that holds %j: a processor calls it %j', (key, held, said) => {
    const { ofFields, ofText } = keyReader({ key }, types)
    expect(ofFields({ [key]: held }).text).not.toBe('')
    expect(ofFields({ [key]: held })).toEqual(ofText(said))
  })

  it('are folded as the other system folds, each value of several', () => {
    const { ofFields, ofText } = keyReader({ key: ['code', 'label'], fold: lowerCase }, types)
    expect(ofText('a/ACME')).toEqual({ raw: 'a/ACME', text: 'a/acme' })
    expect(ofFields({ code: 'A', label: ' Acme' })).toEqual({ raw: 'A/Acme', text: 'a/acme' })
  })

  it('of one value are that value, whatever stands in it', () => {
    const { ofFields, ofText } = keyReader({ key: 'code' }, types)
    for (const code of ['a/b', 'a\\b', '/']) expect(ofText(code)).toEqual(ofFields({ code }))
  })

  it('of several are none where the other system knows none of one of them', () => {
    const digits = (text: string): string | undefined => (/^\d+$/.test(text) ? text : undefined)
    const { ofText } = keyReader({ key: ['code', 'owner'], fold: digits }, types)
    expect([ofText('1/2'), ofText('1/x')]).toEqual([
      { raw: '1/2', text: '1/2' },
      { raw: '1/x', text: '' },
    ])
  })

  it('that are not there are not folded', () => {
    const { ofFields } = keyReader({ key: 'code', fold: (text) => `x${text}` }, types)
    expect(ofFields({ code: '' })).toEqual({ raw: '', text: '' })
  })

  it('can be none, which is told from having none', () => {
    const digits = (text: string): string | undefined => (/^\d+$/.test(text) ? text : undefined)
    const { ofFields, ofText } = keyReader({ key: 'code', fold: digits }, types)
    expect(ofFields({ code: 'x1' })).toEqual({ raw: 'x1', text: '' })
    expect(ofText('x1')).toEqual({ raw: 'x1', text: '' })
    for (const none of [{ code: null }, { code: '' }, {}]) expect(ofFields(none)).toEqual({ raw: '', text: '' })
  })

  it('of several values are none where one is missing, or one is too much', () => {
    const { ofFields, ofText } = keyReader({ key: ['code', 'owner'] }, types)
    for (const key of ['a', 'a/', '/b', 'a/b/c', '']) expect(ofText(key)).toEqual({ raw: '', text: '' })
    expect(ofFields({ code: 'a', owner: null })).toEqual({ raw: '', text: '' })
  })
})
