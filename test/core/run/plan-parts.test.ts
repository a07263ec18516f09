import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packed, type Json } from 'zds'
import { leavePlan, planLeft, syncPlanLeft } from '../../../src/core/run/plan-parts.ts'
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

test('what an earlier zds has left, a sync or a plan in one row, is read as well', async () => {
  const sync = syncPlan({ changes: many(3, (index) => change('update', `K${index}`, { digest: [null, 'x'] })) })
  const artifacts = state.artifacts('r3')
  await artifacts.write('compare:global', [JSON.parse(JSON.stringify(sync)) as Json])
  expect(await syncPlanLeft('compare:global', artifacts)).toEqual(sync)
  await artifacts.write('plan', [JSON.parse(JSON.stringify(planOf(sync))) as Json])
  expect(await planLeft(artifacts)).toEqual(planOf(sync))
})

test('a plan of many changes is read as it was left', async () => {
  const changes = many(3000, (index) => change('update', `K${index}`, { digest: [null, 'x'] }))
  const plan = planOf({ ...syncPlan({}), changes: packed(changes) }, syncPlan({ name: 'last' }))
  await leavePlan(plan, state.artifacts('r4'))
  const left = await planLeft(state.artifacts('r4'))
  expect(left?.syncs.map(({ name, changes: some }) => [name, some.length])).toEqual([
    ['global', 3000],
    ['last', 0],
  ])
  expect([...(left?.syncs[0]?.changes ?? [])]).toEqual(changes)
})

test('a run that came to no plan has left none; what cannot be read is another matter', async () => {
  const artifacts = state.artifacts('r2')
  expect(await planLeft(artifacts)).toBeUndefined()
  const broken = new Error('the disk is gone')
  const read = (): never => {
    throw broken
  }
  await expect(planLeft({ ...artifacts, read })).rejects.toBe(broken)
  await artifacts.write('compare:global', [])
  await expect(syncPlanLeft('compare:global', artifacts)).rejects.toMatchObject({
    code: 'ARTIFACT_MISSING',
    message: 'The artifact compare:global is empty',
    hint: 'Run its stage again.',
  })
})
