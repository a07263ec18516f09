import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { localState, openEngine, ZdsError, type Config, type State } from 'zds'

/** A configuration whose workers cannot be asked, and what becomes of the state that it opens. */
async function unasked(): Promise<{ readonly config: Config; readonly state: State; readonly ended: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'zds-opened-'))
  const [opened, ended] = [await localState(directory), [] as string[]]
  onTestFinished(async () => {
    await opened.close()
    rmSync(directory, { recursive: true })
  })
  const state = { ...opened, close: async () => void ended.push('closed') }
  const ask = (): never => {
    throw new ZdsError('ENV_MISSING', 'no database')
  }
  const config = { sources: {}, targets: {}, state: async () => state, engine: { ask, serve: async () => undefined } }
  return { config, state, ended }
}

it('an engine that cannot be opened closes the state that it has opened, and leaves one that it was given', async () => {
  const { config, state, ended } = await unasked()
  await expect(openEngine({ config, state })).rejects.toMatchObject({ code: 'ENV_MISSING' })
  expect(ended).toEqual([])
  await expect(openEngine({ config })).rejects.toMatchObject({ code: 'ENV_MISSING' })
  expect(ended).toEqual(['closed'])
})
