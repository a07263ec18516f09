import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { assemble } from '../../../src/core/plan/plan.ts'
import { localState, type State } from 'zds'
import { fakeClock } from 'zds/testing'

let directory: string
let state: State
const days = ['2026-03-14', '2026-03-15', '2026-03-16'].map((day) => new Date(day)) as [Date, Date, Date] // three of three

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'zds-retention-'))
  state = await localState(directory)
})
afterEach(async () => {
  await state.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Whether one of the files of the database has these bytes, in whatever page. */
const isOnDisk = (text: string): boolean =>
  readdirSync(directory).some(
    (name) => name.startsWith('state.db') && readFileSync(join(directory, name)).includes(text),
  )

it('OPS-08: what is forgotten is on the disk no more', async () => {
  const plan = assemble([], 'fingerprint', fakeClock())
  for (const [index, at] of days.entries()) {
    const run = `run-${index}`
    await state.journal.begin({ id: run, plan, forced: false, at })
    await state.journal.record({
      run,
      sync: 'users',
      steps: [{ key: `ada-${index}@example.com`, status: 'done', id: '1' }],
      at,
    })
  }
  await state.prune(days[1])
  expect([0, 1, 2].map((index) => isOnDisk(`ada-${index}@example.com`))).toEqual([false, true, true])
})

it('what is kept takes the room of its files, however deep they are', async () => {
  const { bytes } = await state.kept()
  mkdirSync(join(directory, 'runs', 'run-1', 'more'), { recursive: true })
  writeFileSync(join(directory, 'runs', 'run-1', 'one'), 'x'.repeat(1000))
  writeFileSync(join(directory, 'runs', 'run-1', 'more', 'two'), 'x'.repeat(200))
  expect((await state.kept()).bytes - bytes).toBe(1200)
})
