import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { postgresState } from 'zds/postgres-state'
import { stateLaws } from '../conformance/state.ts'
import { onePlan } from '../support/one-plan.ts'
import { newDatabase, sql } from '../support/postgres.ts'
import { setting } from '../support/setting.ts'
import { server } from './scene.ts'

describe('the state in PostgreSQL obeys the laws of a state', async () => {
  const database = await newDatabase(server())
  let projects = 0
  it.for(stateLaws)('$name', async (law) => {
    const directory = mkdtempSync(join(tmpdir(), 'zds-laws-'))
    const project = `law ${(projects += 1)}`
    const open = postgresState({ url: setting('ZDS_STATE_URL', database), project: setting('PROJECT', project) })
    const elapse = async (): Promise<void> => {
      const past = `UPDATE zds.locks SET until = clock_timestamp() - interval '1 second', machine = 'elsewhere' WHERE project = $1`
      await sql(database, past, [project])
    }
    try {
      await expect(
        law.check({ open: async () => open(join(directory, '.zds')), plan: await onePlan(), elapse }),
      ).resolves.toBeUndefined()
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
