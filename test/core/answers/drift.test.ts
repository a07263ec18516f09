import { expect, test } from 'vitest'
import { ref, type Change, type Json } from 'zds'
import { watchDrift } from '../../../src/core/answers/drift.ts'
import type { Known } from '../../../src/core/outcome.ts'

const done: Known = { kind: 'outcome', outcome: { key: 'A', status: 'done', id: '7' } }
const update = (from: Json, to: Json): Change => ({ op: 'update', key: 'A', id: '7', fields: { at: { from, to } } })

test('a record that was referred to before it was there is no edit of somebody once it has an id', () => {
  const drifted = watchDrift()
  expect(drifted('users', update(null, ref('us-gov', 'X')), done)).toEqual([])
  expect(drifted('users', update('41', '42'), done)).toEqual([])
  expect(drifted('users', update('43', '42'), done)).toEqual(['at'])
})
