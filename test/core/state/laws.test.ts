import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'vitest'
import { localState } from 'zds'
import { stateLaws, testLaws } from 'zds/testing'

const laws = stateLaws(() => {
  const root = mkdtempSync(join(tmpdir(), 'zds-laws-'))
  const directory = join(root, '.zds')
  return {
    open: () => localState(directory),
    elapse: async () => {
      const database = new DatabaseSync(join(directory, 'state.db'))
      database.exec(`UPDATE locks SET until = '2026-01-01T00:00:00Z', machine = 'elsewhere'`)
      database.close()
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  }
})

testLaws(test, 'the state in a directory', laws)
