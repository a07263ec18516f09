import { describe, expect, it } from 'vitest'
import { waitedAfter, waitWords, type Waited } from '../../src/core/waits.ts'

const times = { since: '2026-03-16T10:00:00.000Z', until: '2026-03-16T10:01:00.000Z' }

describe('what waited for what', () => {
  it('is how many, three of them, and from when to when', () => {
    const after = new Map(['a', 'b', 'c', 'd'].map((key) => [key, `${key}0`]))
    expect(
      waitedAfter({ because: 'ref', awaited: 'us-gov', after }, new Date(times.since), new Date(times.until)),
    ).toEqual({
      because: 'ref',
      awaited: 'us-gov',
      count: 4,
      examples: [
        ['a', 'a0'],
        ['b', 'b0'],
        ['c', 'c0'],
      ],
      ...times,
    })
  })

  it.each<[Omit<Waited, 'since' | 'until' | 'awaited'>, string]>([
    [
      {
        because: 'ref',
        count: 3,
        examples: [
          ['a', 'b'],
          ['c', 'd'],
        ],
      },
      '3 changes waited for us-gov: records that they refer to (a after b, c after d, …)',
    ],
    [
      { because: 'name', count: 1, examples: [['a', 'b']] },
      '1 change waited for us-gov: what nobody else may have, and is set free (a after b)',
    ],
    [{ because: 'order', count: 2, examples: [] }, '2 changes waited for us-gov: all of it goes first'],
    [
      { because: 'service', count: 1, examples: [] },
      '1 request waited for us-gov: its limit, or the time until it is asked again',
    ],
    [
      { because: 'service', count: 2, examples: [] },
      '2 requests waited for us-gov: its limit, or the time until it is asked again',
    ],
  ])('is told to a person: %j', (waited, words) => {
    expect(waitWords({ ...waited, ...times, awaited: 'us-gov' })).toBe(words)
  })
})
