import { describe, expect, it } from 'vitest'
import { chunk, collect } from 'zds'
import { batches, withLulls } from '../../src/core/streams.ts'
import { stream } from '../support/syncs.ts'

describe('groups of so many', () => {
  it.each([
    [0, []],
    [1, [[0]]],
    [3, [[0, 1, 2]]],
    [4, [[0, 1, 2], [3]]],
    [
      6,
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
  ])('%i items in groups of three', async (count, groups) => {
    const items = Array.from({ length: count }, (_, at) => at)
    expect([...batches(items, 3)]).toEqual(groups)
    expect(await collect(chunk(items, 3))).toEqual(groups)
    expect(await collect(chunk(stream(items), 3))).toEqual(groups)
  })
})

it('items come as they are there, and undefined where one is waited for', async () => {
  let ended = false
  const items = async function* () {
    try {
      yield 1
      await new Promise((resolve) => setTimeout(resolve, 5))
      yield 2
    } finally {
      ended = true
    }
  }
  expect(await collect(withLulls(items()))).toEqual([1, undefined, 2])
  expect(ended).toBe(true)
  expect(await collect(withLulls([1, 2]))).toEqual([1, 2])
})
