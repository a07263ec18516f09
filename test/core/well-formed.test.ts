import { describe, expect, it } from 'vitest'
import { collect, ZdsError } from 'zds'
import { DESIRED, EXISTING, OUTCOME, ROW, STEP, wellFormed, wordFor, type Form } from '../../src/core/well-formed.ts'

const fields = { name: 'Acme' }
const told = { code: 'x', message: 'y' }
const outcomes = [
  { key: 'A', status: 'done', id: '1' },
  { key: 'A', status: 'failed', ...told },
  { key: 'A', status: 'stale', ...told },
  { key: 'A', status: 'unresolved', ...told },
]
const noOutcomes = [
  null,
  { status: 'done', id: '1' },
  { key: 7, status: 'done', id: '1' },
  { key: 'A', status: 'done' },
  { key: 'A', status: 'done', id: 1 },
  { key: 'A', status: 'failed', code: 'x' },
  { key: 'A', status: 'failed', message: 'y' },
  { key: 'A', status: 'not failed', ...told },
  { key: 'A', status: 'failed twice', ...told },
  { key: 'A', ...told },
]

describe('what a plugin in plain JavaScript hands over', () => {
  it.each<[string, Form, readonly unknown[], readonly unknown[]]>([
    ['a row', ROW, [null, 0, '', false, [], {}], [undefined, () => 1, Symbol('s'), 1n]],
    [
      'a record of a target',
      EXISTING,
      [
        { id: '1', fields },
        { id: '1', fields: {}, version: 'v' },
      ],
      [null, 'A', [], { id: 1, fields }, { id: '1' }, { id: '1', fields: null }, { id: '1', fields: [] }],
    ],
    [
      'a record that is desired',
      DESIRED,
      [
        { kind: 'record', key: 'A', fields },
        { kind: 'absent', key: 'A', reason: 'r' },
        { kind: 'skip', key: 'A', reason: 'r' },
        { kind: 'notice', key: 'A', ...told },
      ],
      [
        null,
        [],
        { kind: 'record', key: 1, fields },
        { kind: 'record', key: 'A' },
        { kind: 'absent', key: 'A' },
        { kind: 'skip', key: 'A', reason: 1 },
        { kind: 'other', key: 'A', reason: 'r' },
        { kind: 'notice', key: 'A', reason: 'r' },
        { kind: 'notice', key: 'A', code: 'x' },
        { kind: 'notice', key: 'A', message: 'y' },
      ],
    ],
    ['what became of a change', OUTCOME, outcomes, noOutcomes],
    [
      'a step',
      STEP,
      [
        ...outcomes,
        { status: 'sending', keys: [] },
        { status: 'sending', keys: ['A'] },
        { status: 'accepted', keys: ['A'], job: 'j' },
      ],
      [
        ...noOutcomes,
        { status: 'sending', keys: 'A' },
        { status: 'sending', keys: [1] },
        { status: 'accepted', keys: ['A'] },
        { status: 'accepted', keys: 'A', job: 'j' },
        { status: 'done', keys: ['A'], job: 'j' },
        { status: 'done', keys: ['A'] },
      ],
    ],
  ])('%s has its form, or has not', (_what, { fits }, good, bad) => {
    for (const value of good) expect([value, fits(value)]).toEqual([value, true])
    for (const value of bad) expect([value, fits(value)]).toEqual([value, false])
  })

  it.each([null, undefined, 5, {}])('%o are no rows', async (rows) => {
    const broken = (what: string) => new ZdsError('SOURCE_INVALID', what)
    await expect(collect(wellFormed(rows as never, ROW, broken))).rejects.toThrow(
      `gives ${wordFor(rows)}, and has to give rows as an async generator does`,
    )
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [[1, 2], 'a list of 2'],
    [7, 'a number'],
    [Promise.resolve(1), 'a promise'],
    [{}, 'an object with nothing in it'],
    [{ a: 'secret', b: 1, c: 1, d: 1, e: 1, f: 1 }, 'an object with a, b, c, d, e'],
  ])('is told without the values in it: %o', (value, words) => expect(wordFor(value)).toBe(words))
})
