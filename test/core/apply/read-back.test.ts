import { describe, expect, it } from 'vitest'
import { collect, type Change, type Existing } from 'zds'
import { readBack } from '../../../src/core/apply/read-back.ts'
import { held, stream, targetOf } from '../../support/syncs.ts'
import { testRun } from 'zds/testing'

const changes = (count: number): Change[] =>
  Array.from({ length: count }, (_, index) => {
    return { op: 'update', key: `K${index}`, id: `${index}`, fields: { aar: { from: 1, to: 2 } } }
  })
const written = (count: number) => changes(count).map(({ key, id = '' }) => ({ key, id }))

/** What is told of records of which the target holds these, and the ids that it was asked for. */
async function checked(count: number, share: number, records: readonly Existing[]) {
  const asked: string[][] = []
  const target = targetOf({
    refetch: (ids) => {
      asked.push([...ids])
      return stream(records.filter(({ id }) => ids.includes(id)))
    },
  })
  return { outcomes: await collect(readBack(written(count), changes(count), share, target, testRun())), asked }
}

const holding = (count: number, aar = 2): Existing[] =>
  Array.from({ length: count }, (_, index) => held(`${index}`, `K${index}`, { aar }))

describe('a sample of what was written is read back', () => {
  it.each([
    [5, 0.01, 5],
    [500, 0.01, 10],
    [5000, 0.01, 50],
    [1001, 0.0101, 11],
    [23, 0.01, 10],
    [40, 1, 40],
    [40, 0, 0],
    [0, 1, 0],
  ])('of %i records at a share of %d: %i, evenly spread', async (count, share, size) => {
    const { asked, outcomes } = await checked(count, share, holding(count))
    const ids = asked.flat().map(Number)
    expect(ids).toHaveLength(size)
    expect(new Set(ids).size).toBe(size)
    // One of each stretch: no two from the same one.
    expect(ids.map((id) => Math.floor((id * size) / count))).toEqual(ids.map((_, index) => index))
    expect(outcomes).toEqual([])
  })

  it('a hundred a request', async () => {
    const { asked } = await checked(250, 1, holding(250))
    expect(asked.map(({ length }) => length)).toEqual([100, 100, 50])
  })

  it('and each that is not as it was written, or gone, is told as failed', async () => {
    const records = holding(3)
      .map((record) => (record.id === '1' ? held('1', 'K1', { aar: 1 }) : record))
      .slice(0, 2)
    const { outcomes } = await checked(3, 1, records)
    expect(outcomes).toEqual([
      {
        key: 'K1',
        status: 'failed',
        code: 'read-back-differs',
        message: 'Read back, it is not as it was written: aar',
        id: '1',
      },
      { key: 'K2', status: 'failed', code: 'read-back-differs', message: 'Read back, the record is gone', id: '2' },
    ])
  })

  it('and a record that was removed and is still there', async () => {
    const removal: Change = { op: 'remove', key: 'A', id: '1', fields: { aar: { from: 2, to: null } } }
    const found = (records: readonly Existing[]) =>
      collect(readBack([{ key: 'A', id: '1' }], [removal], 1, targetOf({ records }), testRun()))
    expect(await found([])).toEqual([])
    expect(await found([held('1', 'A', { aar: null })])).toMatchObject([
      { key: 'A', status: 'failed', message: 'Read back, the record is still there' },
    ])
  })

  it('also where all that was written is an empty field: a record that is gone is not an empty one', async () => {
    const change: Change = { op: 'update', key: 'A', id: '1', fields: { account_type: { from: 'customer', to: null } } }
    expect(await collect(readBack([{ key: 'A', id: '1' }], [change], 1, targetOf(), testRun()))).toMatchObject([
      { key: 'A', message: 'Read back, the record is gone' },
    ])
  })

  it('with all its fields that differ; one whose type the target does not tell is text', async () => {
    const fields = {
      aar: { from: 1, to: 2 },
      note: { from: 'x', to: null },
      motto: { from: 'old', to: 'new' },
      support_hold: { from: true, to: false },
    }
    const change: Change = { op: 'update', key: 'A', id: '1', fields }
    const now = held('1', 'A', { aar: 3, note: '', motto: 'by hand', support_hold: null })
    expect(
      await collect(readBack([{ key: 'A', id: '1' }], [change], 1, targetOf({ records: [now] }), testRun())),
    ).toMatchObject([{ key: 'A', message: 'Read back, it is not as it was written: aar, motto' }])
  })
})
