import { describe, expect, expectTypeOf, it } from 'vitest'
import { mapOf, misfitsOf, shape } from 'zds'

type Options = { readonly name: string; readonly chunk?: number; readonly rest: { readonly [key: string]: unknown } }

describe('a shape', () => {
  it('is the JSON Schema of a closed object, with what may be absent', () => {
    const schema = shape<Options>({ name: { type: 'string' }, 'chunk?': { type: 'integer' }, rest: mapOf({}) })
    expect(schema).toStrictEqual({
      type: 'object',
      required: ['name', 'rest'],
      properties: {
        name: { type: 'string' },
        chunk: { type: 'integer' },
        rest: { type: 'object', additionalProperties: {} },
      },
      additionalProperties: false,
    })
    expect(misfitsOf(schema, { name: 'a', rest: { any: 1 } })).toEqual([])
  })

  it('looks at each value of a map, whatever its name is', () => {
    const schema = mapOf({ type: 'integer' })
    for (const name of ['a', '', 'two\nlines', '__proto__', 'constructor'])
      expect(misfitsOf(schema, Object.fromEntries([[name, 'text']]))).toMatchObject([{ path: [name], keyword: 'type' }])
  })

  it('requires nothing where all may be absent', () => {
    expect(shape({ 'a?': {} })).toStrictEqual({ type: 'object', properties: { a: {} }, additionalProperties: false })
  })

  it('has the names of its type, and which of them may be absent; without a type any', () => {
    type Members = Parameters<typeof shape<Options>>[0]
    expectTypeOf<keyof Members>().toEqualTypeOf<'name' | 'chunk?' | 'rest'>()
    expectTypeOf(shape).toBeCallableWith({ any: {}, 'more?': {} })
  })
})
