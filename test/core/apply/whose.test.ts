import { describe, expect, it } from 'vitest'
import { collect, type Change, type Existing } from 'zds'
import { notOurs } from '../../../src/core/apply/whose.ts'
import { applying, planOf, retire, update } from '../../support/applying.ts'
import { held, stream, syncOf, targetOf } from '../../support/syncs.ts'

const sync = syncOf({
  owns: ({ account_type }) => account_type !== 'partner',
  protects: ({ name }) => name === 'Ours',
})
const eager = syncOf({ owns: () => false, takesOver: true })
const now = (fields: Existing['fields'] = {}, key = 'A'): Existing => held('id-A', key, { aar: 1, ...fields })

describe('SAFE-14: the record that a plan names', () => {
  it.each([
    ['is as it was', update('A'), now(), undefined],
    ['is of another key', update('A'), now({}, 'B'), 'The record has another key'],
    ['has no key', retire('A'), held('id-A', null), 'The record has another key'],
    ['became another sync’s', update('A'), now({ account_type: 'partner' }), 'The record belongs to another sync'],
    [
      'is another sync’s, and would be retired',
      retire('A'),
      now({ account_type: 'partner' }),
      'The record belongs to another sync',
    ],
    ['is protected, and would be retired', retire('A'), now({ name: 'Ours' }), 'The record is protected'],
    ['is anybody’s, and is retired', retire('A'), now(), undefined],
    ['is protected, and is updated', update('A'), now({ name: 'Ours' }), undefined],
    [
      'is protected, and would be updated to what a retirement makes of it',
      { ...update('A'), fields: retire('A').fields },
      now({ name: 'Ours' }),
      'The record is protected',
    ],
  ] as const)('%s', (_, change, record, why) => {
    expect(notOurs(change, record, sync)).toBe(why)
  })

  it('is taken over where the rules do so, and never retired for that', () => {
    expect(notOurs(update('A'), now(), eager)).toBeUndefined()
    expect(notOurs(retire('A'), now(), eager)).toBe('The record belongs to another sync')
    expect(notOurs(retire('A'), now(), syncOf())).toBeUndefined()
  })

  it('is left, and told as stale, where the rules would not have planned it: all others go on', async () => {
    const records = [held('id-A', 'A', { aar: 1 }), held('id-B', 'B', { aar: 1, name: 'Ours' }), held('id-C', 'X')]
    const sent: Change[] = []
    const target = targetOf({
      refetch: (ids) => stream(records.filter(({ id }) => ids.includes(id))),
      send: (changes) => {
        sent.push(...changes)
        return changes.map(({ key, id = '' }) => ({ key, status: 'done', id }))
      },
    })
    const objection = (change: Change, found: Existing) => notOurs(change, found, sync)
    const plan = planOf(update('A'), retire('B'), retire('C'))
    const outcomes = await collect(applying(plan, target, { objection }))
    expect(outcomes.map(({ key, status }) => [key, status])).toEqual([
      ['A', 'done'],
      ['B', 'stale'],
      ['C', 'stale'],
    ])
    expect(sent.map(({ key }) => key)).toEqual(['A'])
  })
})
