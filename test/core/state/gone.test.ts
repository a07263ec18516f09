import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { openDatabase } from '../../../src/core/state/database.ts'
import { localState } from '../../../src/core/state/local.ts'
import type { State } from '../../../src/core/state/state.ts'

let directory: string
let state: State

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'zds-state-')), '.zds')
  state = localState(directory)
})
afterEach(async () => {
  await state.close()
  rmSync(dirname(directory), { recursive: true, force: true })
})

const begun = { run: 'run-1', sync: 'global', steps: [{ status: 'sending', keys: ['a'] }], at: new Date() } as const
const event = {
  run: 'run-1',
  kind: 'failed',
  at: '2026-03-16T08:30:00.000Z',
  asOf: '2026-03-16',
  digest: undefined,
  changes: undefined,
  code: 'HTTP_UNAVAILABLE',
  message: 'global does not answer',
} as const

describe('SAFE-06: a state that is taken away under a run', () => {
  const waiting = { waitMs: 0, clock: systemClock(), signal: new AbortController().signal }
  const place = { address: 'https://a.example', instance: 'global' }

  it.each([
    ['deleted', () => rmSync(directory, { recursive: true })],
    ['moved away', () => renameSync(directory, `${directory}-old`)],
    [
      'replaced, as by another run that begins then',
      () => {
        rmSync(directory, { recursive: true })
        openDatabase(join(directory, 'state.db')).close()
      },
    ],
  ])('%s: nothing is written where nobody finds it, so nothing is sent', async (_, take) => {
    const { journal, locks } = state
    take()
    const refused = {
      code: 'STATE_UNAVAILABLE',
      message: expect.stringMatching(/state\.db is not what it was/) as string,
    }
    await expect(journal.record(begun)).rejects.toMatchObject(refused)
    await expect(locks.take([place], 'run-1', waiting)).rejects.toMatchObject(refused)
  })

  it('put back: the same process goes on with it', async () => {
    renameSync(directory, `${directory}-old`)
    await expect(state.journal.note(event)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' })
    renameSync(`${directory}-old`, directory)
    await state.journal.note(event)
    expect(await state.journal.noted(new Date(0))).toMatchObject([{ run: 'run-1' }])
  })
})
