import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leavePlan, planLeft } from '../../../src/core/run/plan-parts.ts'
import { localState } from '../../../src/core/state/local.ts'
import type { State } from '../../../src/core/state/state.ts'
import { change, many, notice, planOf, syncPlan } from '../../cli/plans.ts'

let directory: string
let state: State

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zds-parts-'))
  state = localState(directory)
})
afterEach(async () => {
  await state.close()
  rmSync(directory, { recursive: true, force: true })
})

test('a plan is read as it was left, with syncs that have nothing to do', async () => {
  const plan = planOf(
    syncPlan({ changes: many(3, (index) => change('update', `K${index}`, { digest: [null, 'x'] })) }),
    syncPlan({ name: 'empty', notices: [notice('something')] }),
    syncPlan({ name: 'last', changes: [change('create', 'N', { name: [null, 'New'] })] }),
  )
  await leavePlan(plan, state.artifacts('r1'))
  expect(await planLeft(state.artifacts('r1'))).toEqual(plan)
})

test('a run that came to no plan has left none', async () => {
  expect(await planLeft(state.artifacts('r2'))).toBeUndefined()
})
