import { execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ZDS = join(import.meta.dirname, '../../bin/zds.js')

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'zds-home-'))
  mkdirSync(join(home, 'tmp'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

type Who = { readonly env?: { readonly [name: string]: string }; readonly uid?: number; readonly gid?: number }

/** `zds --help` of a user whose home is ours, with a temporary directory of its own. */
function start({ env = {}, ...who }: Who = {}): Promise<{ code: number; stderr: string }> {
  const own = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: join(home, 'tmp'), ...env }
  return new Promise((resolve) => {
    execFile(process.execPath, [ZDS, '--help'], { env: own, ...who }, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : 1, stderr }),
    )
  })
}

const keptIn = (directory: string): number => globSync('zds/compiled/*/*', { cwd: directory }).length

describe.skipIf(process.platform === 'win32')('compiled code', () => {
  test('is kept in a directory of the user, whom nobody else can write to, and not in the temporary one', async () => {
    expect(await start()).toEqual({ code: 0, stderr: '' })
    const caches = join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache')
    expect(keptIn(caches)).toBeGreaterThan(0)
    for (const directory of ['zds', 'zds/compiled']) expect(statSync(join(caches, directory)).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
  })

  test.runIf(process.platform === 'linux')('goes where XDG_CACHE_HOME says, a link to another disk too', async () => {
    mkdirSync(join(home, 'disk'))
    symlinkSync(join(home, 'disk'), join(home, 'caches'))
    await start({ env: { XDG_CACHE_HOME: join(home, 'caches') } })
    expect(keptIn(join(home, 'disk'))).toBeGreaterThan(0)
  })

  test.each<[string, (caches: string) => void]>([
    ['caches that everybody can write to', (caches) => chmodSync(caches, 0o777)],
    [
      'a directory of ours that its group can write to',
      (caches) => {
        mkdirSync(join(caches, 'zds'))
        chmodSync(join(caches, 'zds'), 0o770)
      },
    ],
    [
      'a link to somewhere else',
      (caches) => {
        mkdirSync(join(home, 'trap/compiled'), { recursive: true, mode: 0o700 })
        symlinkSync(join(home, 'trap'), join(caches, 'zds'))
      },
    ],
  ])('is not kept in %s, and zds runs all the same', async (_, spoil) => {
    const caches = join(home, 'caches')
    mkdirSync(caches)
    spoil(caches)
    expect(await start({ env: { XDG_CACHE_HOME: caches } })).toEqual({ code: 0, stderr: '' })
    expect(keptIn(caches)).toBe(0)
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
  })

  test.runIf(process.getuid?.() === 0)('is not kept in a directory that belongs to somebody else', async () => {
    const caches = join(home, 'caches')
    mkdirSync(join(caches, 'zds/compiled'), { recursive: true, mode: 0o700 })
    chownSync(join(caches, 'zds/compiled'), 65_534, 65_534)
    expect(await start({ env: { XDG_CACHE_HOME: caches } })).toEqual({ code: 0, stderr: '' })
    expect(keptIn(caches)).toBe(0)
  })

  test('is not kept where there is no place for it', async () => {
    expect(await start({ env: { HOME: '/dev/null', XDG_CACHE_HOME: '/dev/null/caches' } })).toEqual({
      code: 0,
      stderr: '',
    })
    expect(existsSync(join(home, '.cache'))).toBe(false)
  })
})

test.skipIf(process.platform === 'win32')('SIGUSR1 opens no inspector and ends nothing', async () => {
  const zds = spawn(process.execPath, [ZDS, 'sandbox', '--accounts', '5'], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
  })
  let said = ''
  for (const stream of [zds.stdout, zds.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
  while (!said.includes('Press Ctrl+C')) await sleep(50)
  zds.kill('SIGUSR1')
  await sleep(500)
  expect(said).not.toContain('Debugger')
  expect(zds.exitCode).toBeNull()
  zds.kill('SIGTERM')
  await new Promise((resolve) => zds.once('exit', resolve))
})
