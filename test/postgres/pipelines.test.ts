import { setInterval } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Sandbox } from 'zds/sandbox'
import { writesTo } from '../cli/scratch.ts'
import { runGitlab, type GitlabRun } from '../support/ci/gitlab.ts'
import { GITLAB, scene } from '../support/ci/scene.ts'
import { stateOf } from '../support/faults.ts'
import { newDatabase } from '../support/postgres.ts'
import { server } from './scene.ts'

/** Aborts once so many requests have wanted to change something. */
async function afterWrites(sandbox: Sandbox, count: number, dying: AbortController): Promise<void> {
  for await (const _ of setInterval(1)) if (writesTo(sandbox).length >= count) return dying.abort()
}

/** A pipeline of each hour, as far as it gets. */
async function hourly(here: Awaited<ReturnType<typeof scene>>, url: string, more: Partial<GitlabRun> = {}) {
  const state = { ...here.apply, ZDS_STATE_URL: url }
  const predefined = { ...GITLAB, CI_PIPELINE_SOURCE: 'schedule' }
  const environments = { 'zds/apply': state, 'zds/approval': state }
  const ran = await runGitlab(here.pipeline, { host: here.host, predefined, environments, ...more })
  return [...ran].map(([job, { code, output }]) => [job, code, code === 0 || output])
}

test('SAFE-06, GitLab: an apply job that dies is gone on with by the next pipeline, in a fresh clone: nothing twice, nothing lost', async () => {
  const undisturbed = await scene('gitlab')
  expect(await hourly(undisturbed, await newDatabase(server()))).toEqual([
    ['plan', 0, true],
    ['apply', 0, true],
  ])

  const here = await scene('gitlab')
  const url = await newDatabase(server())
  const dying = new AbortController()
  const [died] = await Promise.all([
    hourly(here, url, { cancelled: { apply: dying.signal } }),
    afterWrites(here.sandbox, 3, dying),
  ])
  expect(died.map(([job, code]) => [job, code])).toEqual([
    ['plan', 0],
    ['apply', 1],
  ])
  expect(stateOf(here.sandbox)).not.toEqual(stateOf(undisturbed.sandbox))

  expect(await hourly(here, url)).toEqual([
    ['plan', 0, true],
    ['apply', 0, true],
  ])
  expect(stateOf(here.sandbox)).toEqual(stateOf(undisturbed.sandbox))
  const before = writesTo(here.sandbox).length
  await hourly(here, url)
  expect(writesTo(here.sandbox)).toHaveLength(before)
})
