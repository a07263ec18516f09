import { describe, expect, it } from 'vitest'
import { width } from '../../../src/core/http/width.ts'

describe('how many requests may be open at a time', () => {
  it('is never more than half of what is left of a window, and at least one', () => {
    const wide = width(10)
    expect(wide.at()).toBe(10)
    for (const [spare, open] of [
      [9, 4],
      [1, 1],
    ] as const) {
      wide.left(spare, 100_000)
      expect(wide.at()).toBe(open)
    }
  })

  it('an answer that comes late, of the same window, gives nothing back; ends of one are rounded', () => {
    const wide = width(10)
    wide.left(6, 100_000)
    for (const [ends, open] of [
      [100_000, 3],
      [102_000, 3],
      [102_001, 10],
    ] as const) {
      wide.left(50, ends)
      expect([ends, wide.at()]).toEqual([ends, open])
    }
  })
})
