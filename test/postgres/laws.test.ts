import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { postgresState } from 'zds/postgres-state'
import { settingOf, stateLaws, testLaws } from 'zds/testing'
import { newDatabase, sql } from '../support/postgres.ts'
import { server } from './scene.ts'

const database = await newDatabase(server())
let projects = 0

const laws = stateLaws(() => {
  const directory = mkdtempSync(join(tmpdir(), 'zds-laws-'))
  const project = `law ${(projects += 1)}`
  const open = postgresState({ url: settingOf('ZDS_STATE_URL', database), project: settingOf('PROJECT', project) })
  return {
    open: async () => open(join(directory, '.zds')),
    elapse: async () => {
      const past = `UPDATE zds.locks SET until = clock_timestamp() - interval '1 second', machine = 'elsewhere' WHERE project = $1`
      await sql(database, past, [project])
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  }
})

testLaws(test, 'the state in PostgreSQL', laws)
