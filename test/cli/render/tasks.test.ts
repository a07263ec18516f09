import { expect, test } from 'vitest'
import { endWords } from '../../../src/cli/render/tasks.ts'
import { change, syncPlan } from '../plans.ts'

test('a comparison is told in numbers, and what is removed counts as what is retired does', () => {
  const plan = syncPlan({ changes: [change('create', 'A', {}), change('retire', 'B', {}), change('remove', 'C', {})] })
  expect(endWords({ kind: 'plan', plan })).toBe('1 + 0 ~ 2 -')
})
