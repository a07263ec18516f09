import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from 'zds'
import { postgresState } from 'zds/postgres-state'
import { settingOf } from 'zds/testing'
import { newDatabase, sql } from '../support/postgres.ts'
import { server } from './scene.ts'

test('as many locks are held at a time as there are instances, and what else is asked waits for none', async () => {
  const database = await newDatabase(server())
  const directory = mkdtempSync(join(tmpdir(), 'zds-holds-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const state = await postgresState({
    url: settingOf('ZDS_STATE_URL', database),
    project: settingOf('PROJECT', 'holds'),
  })(join(directory, '.zds'))
  const run = { waitMs: 0, clock: systemClock(), signal: new AbortController().signal }
  const addresses = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const holds = await Promise.all(
    addresses.map((one) => state.locks.take([{ address: one, instance: one }], `run of ${one}`, run)),
  )
  expect((await state.locks.held(new Date())).map(({ address, alive }) => [address, alive])).toEqual(
    addresses.map((one) => [one, true]),
  )
  expect(await state.journal.runs(1)).toEqual([])
  for (const hold of holds) await hold.giveBack()
  expect(await state.locks.held(new Date())).toEqual([])
  await state.close()
  const left = `SELECT count(*)::integer AS some FROM pg_stat_activity
    WHERE application_name = 'zds' AND datname = current_database()`
  await expect.poll(() => sql(database, left), { timeout: 10_000 }).toEqual([{ some: 0 }])
})
