import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { localState } from 'zds'
import { stateLaws } from '../../conformance/state.ts'
import { onePlan } from '../../support/one-plan.ts'

describe('the state in a directory obeys the laws of a state', () => {
  it.for(stateLaws)('$name', async (law) => {
    const root = mkdtempSync(join(tmpdir(), 'zds-laws-'))
    const directory = join(root, '.zds')
    const elapse = async (): Promise<void> => {
      const database = new DatabaseSync(join(directory, 'state.db'))
      database.exec(`UPDATE locks SET until = '2026-01-01T00:00:00Z', machine = 'elsewhere'`)
      database.close()
    }
    try {
      await expect(
        law.check({ open: async () => localState(directory), plan: await onePlan(), elapse }),
      ).resolves.toBeUndefined()
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
})
