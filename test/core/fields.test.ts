import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derived } from '../../src/core/fields.ts'
import {
  always,
  canonical,
  checkbox,
  columnsOf,
  date,
  decimal,
  dropdown,
  fact,
  field,
  first,
  instant,
  integer,
  is,
  json,
  listOf,
  lower,
  misfit,
  name,
  normalise,
  ref,
  reference,
  same,
  text,
  typesOf,
  ZdsError,
  type Json,
  type RecordOf,
} from 'zds'

it.each([
  ['is', () => is(['a', 'b'] as never)],
  ['fact', () => fact(['level'] as never)],
])('%s takes one text: a list would be none of them', (called, make) => {
  expect(make).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`^${called}\\(…\\) takes one text, and was given \\[`)) as string,
    }) as Error,
  )
})

it('a derivation that is a value is refused where it is written: Node does not look at types', () => {
  expect(() => text('Type', 'Customer' as never)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: 'A field of text was given "Customer" to derive its value by, which is no function',
      hint: "Write is('…'), always('…'), or (value) => …",
    }),
  )
})

it('a table that holds what is no field is refused with all that is none', () => {
  const hint = "Write it as text('Column__c'), or with another type."
  const none = (where: string) => ({ code: 'CONFIG_INVALID', where, message: 'is no field', hint })
  const table = { a: text('Name'), b: 'Name', c: null, d: {}, e: undefined } as never
  expect(() => columnsOf([table])).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: 'A field table holds what is no field',
      issues: ['b', 'c', 'd', 'e'].map(none),
    }),
  )
})

const MAKERS = {
  text,
  name,
  checkbox,
  decimal,
  integer,
  date,
  instant,
  dropdown,
  reference,
  json,
  list: listOf(decimal),
}
type Name = keyof typeof MAKERS
const typeOf = (of: Name) => MAKERS[of].type
const TYPES = Object.values(MAKERS).map((maker) => maker.type)
const type = fc.constantFrom(...TYPES)
const value: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    ' ',
    false,
    true,
    0,
    1,
    '0',
    '1',
    '1.50',
    'Acme',
    ' Acme ',
    '2026-01-01',
    '2026-01-01T00:00:00+00:00',
  ),
  fc.constantFrom<Json>([], [1], ['1.0', 1], {}, { a: 1, b: 2 }, { b: 2, a: 1 }, '2026-01-01T01:00:00+01:00'),
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

describe('sameness of values (CMP-02)', () => {
  it.each<[Name, Json | undefined, Json | undefined]>([
    ['text', null, ''],
    ['text', null, undefined],
    ['text', '5', 5],
    ['dropdown', '', null],
    ['name', ' Acme  ', 'Acme'],
    ['name', '   ', null],
    ['checkbox', false, null],
    ['checkbox', false, undefined],
    ['checkbox', false, ''],
    ['decimal', '1.50', 1.5],
    ['decimal', 3, '3.0'],
    ['integer', '7', 7],
    ['decimal', '', null],
    ['date', '2026-01-01', '2026-01-01T00:00:00+00:00'],
    ['date', '', undefined],
    ['reference', '123', 123],
    ['reference', '', null],
    ['instant', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00.000+0100'],
    ['instant', '2026-01-01 00:00Z', '2026-01-01T00:00:00.000Z'],
    ['instant', '', null],
    ['json', { a: 1, b: [2] }, { b: [2], a: 1 }],
    ['list', ['1.0', 2], [1, '2']],
    ['list', [], null],
  ])('%s: %j and %j are the same', (of, one, other) => {
    expect(same(typeOf(of), one, other)).toBe(true)
  })

  it.each<[Name, Json | undefined, Json | undefined]>([
    ['text', 'acme', 'Acme'],
    ['text', ' Acme', 'Acme'],
    ['name', 'ACME', 'Acme'],
    ['checkbox', true, null],
    ['decimal', 0, null],
    ['decimal', '   ', 0],
    ['integer', 0, undefined],
    ['date', '2026-01-01', '2026-01-02'],
    ['dropdown', 'gold', 'silver'],
    ['reference', '00123', '123'],
    ['reference', '9007199254740993', '9007199254740992'],
    ['instant', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'],
    ['instant', '2026-01-01T00:00:00', '2026-01-01T00:00:00Z'],
    ['json', { a: 1 }, { a: 2 }],
    ['json', [], null],
    ['list', [1, 2], [2, 1]],
    ['list', [1], [1, 2]],
    ['list', [null], null],
  ])('%s: %j and %j are not', (of, one, other) => {
    expect(same(typeOf(of), one, other)).toBe(false)
  })

  it('is an equivalence', () => {
    fc.assert(
      fc.property(type, value, value, value, (of, a, b, c) => {
        expect(same(of, a, a)).toBe(true)
        expect(same(of, a, b)).toBe(same(of, b, a))
        expect(!same(of, a, b) || !same(of, b, c) || same(of, a, c)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is kept by a trip through an artifact, also for refs to records that do not exist yet', () => {
    const { type } = reference
    const later = ref('us-gov', 'A')
    for (const some of [later, null, 5]) expect(same(type, some, JSON.parse(JSON.stringify(some)) as Json)).toBe(true)
    expect(same(type, later, ref('us-gov', 'B'))).toBe(false)
    for (const some of [null, 5, 'x'])
      expect([same(type, later, some), same(type, some, later)]).toEqual([false, false])
  })
})

describe('normalise', () => {
  it('changes nothing the second time, and nothing that matters the first time', () => {
    fc.assert(
      fc.property(type, value, (of, some) => {
        const normal = normalise(of, some)
        expect(normalise(of, normal)).toEqual(normal)
        expect(same(of, some, normal)).toBe(true)
      }),
    )
  })

  it('gives a value that fits, of every value that fits', () => {
    fc.assert(
      fc.property(type, value, (of, some) => {
        fc.pre(some !== undefined && misfit(of, some) === undefined)
        expect(misfit(of, normalise(of, some))).toBeUndefined()
      }),
    )
  })

  it.each<[Name, Json]>([
    ['checkbox', 'yes'],
    ['decimal', 'much'],
    ['date', 20260101],
    ['text', true],
    ['instant', '2026-02-30T00:00:00Z'],
    ['list', 'a'],
  ])('%s: leaves %j as it is, so that it differs and is seen', (of, some) => {
    expect(normalise(typeOf(of), some)).toBe(some)
  })
})

describe('misfit', () => {
  it('lets every type be empty', () => {
    for (const of of TYPES) expect(misfit(of, null)).toBeUndefined()
  })

  it.each<[Name, Json, string | undefined]>([
    ['text', 'x', undefined],
    ['text', 5, 'must be text'],
    ['checkbox', 'true', 'must be true or false'],
    ['decimal', 1.5, undefined],
    ['decimal', '1.5', 'must be a number'],
    ['integer', 2, undefined],
    ['integer', 2.5, 'must be a whole number'],
    ['date', '2026-02-28', undefined],
    ['date', '28.2.2026', 'must be a date, YYYY-MM-DD'],
    ['date', '2026-02-30', 'must be a date, YYYY-MM-DD'],
    ['date', '2026-01-01 or so', 'must be a date, YYYY-MM-DD'],
    ['date', '2026-01-01T10:00:00Z', undefined],
    ['date', true, 'must be a date, YYYY-MM-DD'],
    ['reference', '12', undefined],
    ['reference', ref('us-gov', 'A'), undefined],
    ['reference', 12, 'must be the id of a record as text, or refer to one'],
    ['instant', '2026-01-01T10:00:00.5+02:00', undefined],
    ['instant', '2026-01-01', 'must be a moment with its zone, 2026-03-16T10:00:00Z'],
    ['instant', '2026-01-01T25:00:00Z', 'must be a moment with its zone, 2026-03-16T10:00:00Z'],
    ['json', ref('us-gov', 'A'), undefined],
    ['list', [1, 2], undefined],
    ['list', 1, 'must be a list'],
    ['list', [1, 'x'], 'must be a list, and each of it must be a number'],
    ['text', ref('us-gov', 'A'), 'must be text'],
  ])('%s: %j %s', (of, some, words) => {
    expect(misfit(typeOf(of), some)).toBe(words)
  })
})

describe('derivations', () => {
  it('SFA-16..18, SFA-30: `is` is exact, case and blanks included', () => {
    const restricted = is('Restricted Party')
    expect(['Restricted Party', 'restricted party', 'Restricted Party ', null].map((some) => restricted(some))).toEqual(
      [true, false, false, false],
    )
  })

  it('SFA-14: `lower` lower-cases, and has a word for nothing', () => {
    const segment = lower({ none: 'unknown' })
    expect(['PubSec', '', null, undefined].map((some) => segment(...(some === undefined ? [] : [some])))).toEqual([
      'pubsec',
      'unknown',
      'unknown',
      'unknown',
    ])
  })

  it('FLD-02: the short id is the first 15 of 18 characters', () => {
    expect(first(15)('0014M00001abcdEQAQ')).toBe('0014M00001abcdE')
    expect(first(15)(null)).toBeNull()
  })

  it('always is always the same, and says what it makes where that is a word', () => {
    expect(always(false)('x')).toBe(false)
    const values = (derive: object): unknown => ('values' in derive ? derive.values : undefined)
    expect([always('gold'), always(false), always(null)].map(values)).toEqual([['gold'], undefined, undefined])
  })

  it('what one makes is the value; where it throws, or makes nothing, that is told with its place', () => {
    const made = (derive: (value: Json) => unknown): Json =>
      derived(text('Name', derive as never), ['Acme'], () => 'global: A.name')
    expect(made((value) => value)).toBe('Acme')
    expect(made(() => null)).toBe(null)
    const refusal = (message: string, hint: string): unknown => {
      const issue = { code: 'ROW_INVALID', where: 'global: A.name', message, hint }
      return expect.objectContaining({
        code: 'ROW_INVALID',
        message: `global: A.name: ${message}`,
        hint,
        issues: [issue],
      })
    }
    const cause = new Error('no such case')
    const throwing = (error: Error) => () =>
      made(() => {
        throw error
      })
    expect(throwing(cause)).toThrow(refusal('its derivation throws: no such case', 'Correct it in the configuration.'))
    expect(throwing(cause)).toThrow(expect.objectContaining({ cause }))
    const own = new ZdsError('FILE_INVALID', 'a slip')
    expect(throwing(own)).toThrow(own)
    expect(() => made(() => undefined)).toThrow(
      refusal('its derivation returns nothing', 'Cover the case in the configuration; an empty field is null.'),
    )
  })
})

describe('a field table', () => {
  const table = () => ({
    a: text('Name'),
    b: text(['Geo', 'Region'], (geo, region) => geo ?? region ?? null),
    c: checkbox(fact('flag')),
    d: text(),
  })

  it('names its columns, each once, over all tables', () => {
    expect(columnsOf([table(), { e: text('Region'), f: text('Id') }])).toEqual(['Name', 'Geo', 'Region', 'Id'])
  })

  it('names its types, and passes a column on as it is', () => {
    const one = table()
    expect(typesOf(one)).toEqual({ a: text.type, b: text.type, c: checkbox.type, d: text.type })
    expect([one.a.derive('Acme'), one.a.derive(), one.b.derive(null, 'EMEA')]).toEqual(['Acme', null, 'EMEA'])
    expect(one.c.reads).toEqual({ kind: 'fact', fact: 'flag' })
    expect(one.d.reads).toEqual({ kind: 'nothing' })
  })
})

describe('a list', () => {
  const caseless = field({
    ...text.type,
    same: (one, other) => canonical(one).toLowerCase() === canonical(other).toLowerCase(),
  })

  it('is no key, is empty where it has nothing in it, and is the same where each of it is', () => {
    const { type } = listOf(caseless)()
    expect([type.name, type.keyable]).toEqual(['list', false])
    expect(['', [], ['']].map((some) => normalise(type, some))).toEqual([null, null, [null]])
    expect(same(type, ['a', 'b'], ['A', 'B'])).toBe(true)
    expect(same(type, ['a', 'b'], ['A', 'c'])).toBe(false)
    expect(same(type, ['a'], ['a', 'b'])).toBe(false)
    expect(same(type, ['a'], 'a')).toBe(false)
  })
})

describe('a type of your own', () => {
  const phone = field({
    ...text.type,
    name: 'phone',
    normalise: (value) => (typeof value === 'string' ? value.replaceAll(/[^+\d]/g, '') || null : value),
  })

  it('makes fields as text does, and is compared as it says', () => {
    const table = { phone: phone('Phone'), phones: listOf(phone)('Phones') }
    expect(table.phone).toMatchObject({ type: { name: 'phone' }, reads: { kind: 'columns', columns: ['Phone'] } })
    expect(same(table.phone.type, '+49 (30) 123', '+4930123')).toBe(true)
    expect(same(table.phones.type, ['+49 30'], ['+4930'])).toBe(true)
    expect(misfit(table.phones.type, ['+49', 5])).toBe('must be a list, and each of it must be text')
    const record: RecordOf<typeof table> = { phone: '+49', phones: ['+49'] }
    expect(record.phones).toHaveLength(1)
  })
})
