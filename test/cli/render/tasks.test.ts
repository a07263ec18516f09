import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { compareId, stages } from '../../../src/core/config/stages.ts'
import { syncOf } from '../../support/syncs.ts'
import { change, syncPlan } from '../plans.ts'

let written = ''
beforeEach(() => {
  written = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((written += String(text)), true))
})
afterEach(() => vi.restoreAllMocks())

test('a comparison is told in numbers, and what is removed counts as what is retired does', async () => {
  const config = { sources: {}, targets: { global: syncOf() } }
  const stage = stages(config).find(({ id }) => id === compareId('global'))
  if (stage === undefined) throw new Error('There is a comparison')
  // As in a process of its own: who has asked for JSON lines before does not count here.
  vi.resetModules()
  const { watched } = await import('../../../src/cli/render/tasks.ts')
  const plan = syncPlan({ changes: [change('create', 'A', {}), change('retire', 'B', {}), change('remove', 'C', {})] })
  await watched(async (watch) => watch.ended(stage, { kind: 'done', result: { kind: 'plan', plan }, ms: 0 }))
  expect(written).toContain('compare:global  1 + 0 ~ 2 -')
})
