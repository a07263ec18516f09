import { describe, expect, test } from 'vitest'
import { counts, dueNow, notebook } from '../../../src/cli/render/progress.ts'

describe('what only counts', () => {
  test.each(['global: 100 of about 461 organizations', '2,000 of 120,000 rows', '0 of 0 rows'])('%s', (message) => {
    expect(counts(message)).toBe(true)
  })
  test.each([
    'global: rate limit, waiting 12 s',
    '37 rows came, 38 were announced: nothing that may only be missing is created or retired',
    'global: signs in with an API token. Zendesk stops API tokens on 30 April 2027: use an OAuth client instead.',
  ])('not: %s', (message) => {
    expect(counts(message)).toBe(false)
  })
})

describe('without a terminal', () => {
  test('counts are told after half a minute, and every half minute then', () => {
    let now = 0
    const due = dueNow(() => now)
    const told = [0, 1000, 29_999, 30_000, 30_001, 59_999, 60_000].filter((at) => {
      now = at
      return due(`global: ${at} of about 900000 organizations`)
    })
    expect(told).toEqual([30_000, 60_000])
  })

  test('anything else at once, and what repeats it but for its numbers every half minute', () => {
    let now = 0
    const due = dueNow(() => now)
    expect(due('global: rate limit, waiting 12 s')).toBe(true)
    expect(due('global: rate limit, waiting 9 s')).toBe(false)
    expect(due('us-gov: rate limit, waiting 9 s')).toBe(true)
    now = 30_000
    expect(due('global: rate limit, waiting 1 s')).toBe(true)
  })
})

test('a terminal hears afterwards what went by, each kind once, and no counts', () => {
  const { note, lines } = notebook()
  note('global: 100 of about 461 organizations')
  note('global: rate limit, waiting 12 s')
  note('global: signs in with an API token')
  note('global: rate limit, waiting 3 s')
  expect(lines()).toEqual(['global: rate limit, waiting 3 s (2 times)', 'global: signs in with an API token'])
})
