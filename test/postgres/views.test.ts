import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { postgresState } from 'zds/postgres-state'
import { settingOf } from 'zds/testing'
import { newDatabase, sql } from '../support/postgres.ts'
import { assertViews } from '../support/views.ts'
import { server } from './scene.ts'

test('the views of docs/state.md show runs, outcomes and events of a database', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zds-views-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const address = await newDatabase(server())
  const url = settingOf('ZDS_STATE_URL', address)
  const state = await postgresState({ url, project: settingOf('ZDS_STATE_PROJECT', 'zds') })(directory)
  const ask = (query: string) => sql(address, query.replace(' FROM ', ' FROM zds.'))
  await expect(assertViews(state, ask)).resolves.toBeUndefined()
  // What text cannot hold makes cells empty, and no query fail.
  const steps = [{ key: 'D', status: 'failed', code: 'x', message: 'Said \u0000 and \ud800' }] as const
  await state.journal.record({ run: 'run-1', sync: 'global', steps, at: new Date() })
  const odd = `SELECT status, message FROM zds.zds_outcomes WHERE key = 'D'`
  expect(await sql(address, odd)).toEqual([{ status: 'failed', message: null }])
  await state.close()
})
