import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, isObject, parseJson, type Json } from 'zds'

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json) // JSON text is Json

/** The same value with the keys of every object the other way round. */
function reversed(value: Json): Json {
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, part]) => [key, reversed(part)]),
    )
  return Array.isArray(value) ? (value as readonly Json[]).map(reversed) : value // Array.isArray forgets that it is readonly
}

describe('canonical JSON', () => {
  it('is the same text for equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonical(reversed(value))).toBe(canonical(value))
      }),
    )
  })

  it('is another text for other values, and JSON of the value', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(parseJson(canonical(one))).toEqual(one)
        let equal = true
        try {
          expect(one).toStrictEqual(other)
        } catch {
          equal = false
        }
        expect(canonical(one) === canonical(other)).toBe(equal)
      }),
    )
  })

  it('keeps the order of lists', () => {
    expect(canonical({ b: [2, 1], a: { d: 1, c: null } })).toBe('{"a":{"c":null,"d":1},"b":[2,1]}')
  })
})

describe('parseJson', () => {
  it.each(['', '{', '<html>', 'undefined', "{'a': 1}", '{"a":1}x'])('%j is not JSON', (text) => {
    expect(parseJson(text)).toBeUndefined()
  })

  it('tells null from no JSON', () => {
    expect(parseJson('null')).toBeNull()
  })

  it('isObject: neither null nor a list is one', () => {
    expect([{}, { a: 1 }, null, [], 'x', 1, undefined].map((value) => isObject(value))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
