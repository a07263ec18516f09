import { expect, it } from 'vitest'
import { doneUnder, troubleOf, writtenUnder, type Known } from '../../src/core/outcome.ts'

it.each<[string, Known | undefined, string | undefined, string | undefined]>([
  ['that nobody knows of', undefined, undefined, undefined],
  ['that is under way', { kind: 'sending' }, undefined, undefined],
  ['that a job has', { kind: 'accepted', job: 'j' }, undefined, undefined],
  ['that is done', { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }, '7', '7'],
  [
    'that failed once it was written',
    { kind: 'outcome', outcome: { key: 'A', status: 'failed', code: 'x', message: 'y', id: '7' } },
    undefined,
    '7',
  ],
])('a change %s: the record that it was carried out on, and the one that it wrote', (_what, known, done, written) => {
  expect([doneUnder(known), writtenUnder(known)]).toEqual([done, written])
})

it('what is missing of a change that is done is told once by code, and in all words', () => {
  const partly = ['a', 'b', 'a'].map((code, at) => ({ code, message: `m${at}` }))
  expect(troubleOf({ key: 'A', status: 'done', id: '7', partly })).toEqual({ code: 'a, b', message: 'm0; m1; m2' })
  expect(troubleOf({ key: 'A', status: 'done', id: '7', partly: [] })).toBeUndefined()
  expect(troubleOf({ key: 'A', status: 'done', id: '7' })).toBeUndefined()
  expect(troubleOf({ key: 'A', status: 'stale', code: 'x', message: 'y' })).toEqual({ code: 'x', message: 'y' })
})
