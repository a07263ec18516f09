import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentReader } from '../../../src/core/plan/document.ts'

/** What a reader takes from a text that is cut at these places; many rows as the array they are in JSON. */
function read(text: string, ...cuts: readonly number[]): unknown {
  const reader = documentReader()
  const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
  for (const [at, place] of places.slice(1).entries()) reader.add(text.slice(places[at], place))
  const document = reader.document()
  return document === undefined ? undefined : JSON.parse(JSON.stringify(document))
}

/** As `read` gives it, written once more: of -0 only 0 is left. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(JSON.stringify(JSON.parse(text)))
  } catch {
    return undefined
  }
}

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.constantFrom('"', '\\', '\\"', '[', ']', '{', '}', ',', '"changes": [', 'changes'),
)
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.integer(),
    word,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(word, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const list = fc.array(value, { maxLength: 4 })
const sync = fc.record({ name: word, changes: fc.oneof(list, value), skipped: list }, { requiredKeys: [] })
const plan = fc.record({ version: value, changes: list, syncs: fc.oneof(fc.array(fc.oneof(sync, value)), value) })
const indents = fc.constantFrom(undefined, 0, 2, '\t', ' \n')
const cuts = fc.array(fc.nat(400), { maxLength: 8 })

describe('reading a document as it comes', () => {
  it('is what JSON.parse makes of the whole, wherever it is cut', () =>
    fc.assert(
      fc.property(fc.oneof(plan, value), indents, cuts, (document, indent, at) => {
        const text = JSON.stringify(document, null, indent)
        expect(read(text, ...at.filter((place) => place < text.length))).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    ))

  it('is that of one whose texts hold what looks like its form, cut at each place', () => {
    const odd = ['\\', '"', '\\"', '],', '{"changes":[', 'é']
    const text = JSON.stringify({ syncs: [{ name: '\\', changes: odd.map((key) => ({ key, is: [key] })) }] })
    for (let at = 1; at < text.length; at += 1) expect(read(text, at), `cut at ${at}`).toEqual(JSON.parse(text))
  })

  it('takes for JSON what is JSON, and nothing else', () =>
    fc.assert(
      fc.property(
        plan,
        fc.nat(),
        fc.constantFrom('', ',', ']', '}', '[', '{', '"', '1', ' '),
        (document, place, other) => {
          const whole = JSON.stringify(document)
          const at = place % whole.length
          const text = `${whole.slice(0, at)}${other}${whole.slice(at + 1)}`
          expect(read(text, at)).toEqual(parsed(text))
        },
      ),
      { numRuns: 1000 },
    ))

  it.each([
    '',
    '{"syncs":[{"changes":[',
    '{"syncs":[{"changes":[1,]}]}',
    '{"syncs":[{"changes":[,1]}]}',
    '{"syncs":[{"changes":[1}]}]}',
  ])('%j is no JSON', (text) => {
    expect(read(text)).toBeUndefined()
  })

  it('takes a list with nothing but blanks in it for an empty one', () => {
    expect(read('{"syncs": [{"changes": [ \n ]}]}')).toEqual({ syncs: [{ changes: [] }] })
  })

  it('holds no more than a row and what is no change', () => {
    const reader = documentReader()
    reader.add('{"syncs": [{"name": "global", "changes": [')
    let most = 0
    for (let row = 0; row < 5000; row += 1) {
      reader.add(`${row === 0 ? '' : ','}{"op": "create", "key": "${'K'.repeat(100)}"}`)
      most = Math.max(most, reader.held())
    }
    reader.add(']}]}')
    expect(most).toBeGreaterThan(100)
    expect(most).toBeLessThan(300)
    expect(reader.document()).toMatchObject({ syncs: [{ changes: { length: 5000 } }] })
  })
})
