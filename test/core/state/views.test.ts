import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { localState } from 'zds'
import { assertViews } from '../../support/views.ts'

test('the views of docs/state.md show runs, outcomes and events of a local state', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zds-views-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const state = await localState(directory)
  const reader = new DatabaseSync(join(directory, 'state.db'), { readOnly: true })
  const ask = async (sql: string) =>
    reader
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  await expect(assertViews(state, ask)).resolves.toBeUndefined()
  reader.close()
  await state.close()
})
