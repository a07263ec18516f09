import { describe, expect, it } from 'vitest'
import { collect } from 'zds'
import { planSource } from '../../../src/core/config/plan-source.ts'
import { withRecords } from '../../../src/core/apply/current.ts'
import { held, stream, syncOf, targetOf } from '../../support/syncs.ts'
import { testRun } from 'zds/testing'

describe('items with the records that they speak of', () => {
  it('come in their order, with what is there now; nothing is asked, and nothing there, for an item without an id', async () => {
    const asked: string[][] = []
    const [one, two] = [held('1', 'A'), held('2', 'B')]
    const target = targetOf({
      refetch: (ids) => {
        asked.push([...ids])
        return stream([one, two])
      },
    })
    const items = [{ id: '2' }, {}, { id: '9' }, { id: '1' }]
    expect(await collect(withRecords(items, ({ id }) => id, target, testRun()))).toEqual([
      { item: { id: '2' }, now: two },
      { item: {}, now: undefined },
      { item: { id: '9' }, now: undefined },
      { item: { id: '1' }, now: one },
    ])
    expect(asked).toEqual([['2', '9', '1']])
  })
})

describe('the plan of a sync as a source', () => {
  it('is made by the comparison, and says so to whoever reads it otherwise', async () => {
    await expect(collect(planSource(syncOf()).read(testRun()))).rejects.toThrow('is made by its compare stage')
  })
})
