import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { localState } from '../../../src/core/state/local.ts'

let root: string
let directory: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'zds-private-'))
  directory = join(root, '.zds')
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(root, { recursive: true, force: true })
})

const refused = (path: string, why: string): unknown =>
  expect.objectContaining({
    code: 'STATE_INVALID',
    message: `${path} ${why}, so nothing is kept there`,
    hint: expect.stringContaining('move it away') as string,
  })

/** What opening the state refuses with; undefined where it is opened. */
async function refusal(): Promise<unknown> {
  try {
    await localState(directory).close()
  } catch (error) {
    return error
  }
  return undefined
}

describe('OPS-08: what is kept is where its owner has put it', () => {
  it.each(['', 'state.db', 'state.db-wal', 'state.db-shm', 'runs'])(
    'not behind a link: %j, and nothing is made there',
    async (name) => {
      if (name !== '') mkdirSync(directory)
      const [path, elsewhere] = [join(directory, name), join(root, 'elsewhere')]
      symlinkSync(elsewhere, path.replace(/\/$/, ''))
      expect(await refusal()).toEqual(refused(path.replace(/\/$/, ''), 'is a link'))
      expect(existsSync(elsewhere)).toBe(false)
    },
  )

  it.each(['', 'runs'])('not in the place of a file: %j', async (name) => {
    if (name !== '') mkdirSync(directory)
    const path = name === '' ? directory : join(directory, name)
    writeFileSync(path, 'theirs')
    expect(await refusal()).toEqual(refused(path, 'is no ordinary directory'))
  })

  it('not where everybody puts what is theirs, as in /tmp, which stays open to them', async () => {
    mkdirSync(directory)
    chmodSync(directory, 0o1777)
    expect(await refusal()).toEqual(refused(directory, 'is for everybody'))
    expect(statSync(directory).mode & 0o7777).toBe(0o1777)
  })

  it('not in the place of a directory', async () => {
    mkdirSync(join(directory, 'state.db'), { recursive: true })
    expect(await refusal()).toEqual(refused(join(directory, 'state.db'), 'is no ordinary file'))
  })

  it('not where it belongs to another user', async () => {
    mkdirSync(directory)
    vi.spyOn(process, 'getuid').mockReturnValue(statSync(directory).uid + 1)
    expect(await refusal()).toEqual(refused(directory, 'belongs to another user'))
  })

  it('closed to others, also where it was open to them', async () => {
    const other = localState(directory)
    await other.artifacts('run-1').write('gather:x', [1])
    const files = ['state.db', 'state.db-wal', 'state.db-shm'].map((name) => join(directory, name))
    const directories = [directory, join(directory, 'runs')]
    for (const path of files) chmodSync(path, 0o644)
    for (const path of directories) chmodSync(path, 0o755)
    expect(await refusal()).toBeUndefined()
    for (const path of files) expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o600])
    for (const path of directories) expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o700])
    await other.close()
  })
})
