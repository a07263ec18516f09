import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { collect } from 'zds'
import { fakeClock } from 'zds/testing'
import { carriedIn } from '../../../src/core/run/carried.ts'
import { newRunId, syncNamed } from '../../../src/core/run/shared.ts'
import { artifactsIn } from '../../../src/core/state/artifacts.ts'
import { engineOf } from '../../support/engine.ts'
import { syncOf } from '../../support/syncs.ts'

it('runs are named by their moment, so that they sort by time, and no two alike', () => {
  const [one, other] = [newRunId(fakeClock()), newRunId(fakeClock())]
  expect(one).toMatch(/^20260316T100000-[0-9a-f]{6}$/)
  expect(other).not.toBe(one)
})

it('SAFE-11: a sync of a plan that the configuration does not have makes the plan stale', () => {
  const global = syncOf()
  const config = { sources: {}, targets: { global } }
  expect(syncNamed('global', { config })).toBe(global)
  expect(() => syncNamed('partners', { config })).toThrow(
    expect.objectContaining({
      code: 'PLAN_STALE',
      message: 'The plan has a sync partners, which the configuration does not have',
      hint: 'Make a new one: zds plan --out FILE',
    }) as Error,
  )
})

it('SAFE-02: rows that somebody has carried here are those that their summary speaks of, where it says which', async () => {
  const { directory } = engineOf({ sources: {}, targets: {} })
  const [here, there] = [join(directory, 'here'), join(directory, 'there')]
  const digested = (rows: number, digest: string) => ({ rows, complete: true, digest })
  await artifactsIn(here).write('gather:a', [{ a: 1 }, { a: 2 }], digested)
  await artifactsIn(there).write('gather:a', [{ a: 1 }, { a: 3 }], digested)
  await artifactsIn(here).write('gather:b', [{ b: 1 }])
  const carried = carriedIn(here)
  expect(await collect(carried.read('gather:a'))).toEqual([{ a: 1 }, { a: 2 }])
  copyFileSync(join(there, 'gather.a.ndjson.zst'), join(here, 'gather.a.ndjson.zst'))
  await expect(collect(carried.read('gather:a'))).rejects.toMatchObject({
    code: 'ARTIFACT_MISFIT',
    message: `The rows of gather:a in ${here} are not those of its summary`,
    hint: 'Copy both of its files together, or run its stage again.',
  })
  expect(await collect(carried.read('gather:b'))).toEqual([{ b: 1 }])
  await expect(collect(carried.read('gather:c'))).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
})
