import { expect, test } from 'vitest'
import { head } from '../../../src/cli/render/page/sections.ts'
import { overviewOf } from '../../../src/cli/render/plan/overview.ts'
import { change, many, planOf, syncPlan } from '../plans.ts'

test('the head of the page counts one change as one', () => {
  const headOf = (count: number): string => {
    const plan = planOf(syncPlan({ changes: many(count, (index) => change('create', `${index}`, {})) }))
    return head(overviewOf(plan), { plan }).markup
  }
  expect(headOf(1)).toContain(' 1 change. ')
  expect(headOf(2)).toContain(' 2 changes. ')
})
