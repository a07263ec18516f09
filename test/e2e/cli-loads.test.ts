import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Tells every module that is loaded, one a line, on stderr. */
const TELL = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { writeSync } from 'node:fs'
  registerHooks({ load: (url, context, next) => { writeSync(2, url + '\\n'); return next(url, context) } })
`)}`

function loads(...args: string[]): Promise<string[]> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', TELL, join(ROOT, 'bin/zds.js'), ...args],
      { cwd: ROOT, env },
      (error, _, stderr) => (error === null ? resolve(stderr.split('\n')) : reject(new Error(stderr))),
    )
  })
}

describe('a command loads what it uses', () => {
  test('--help: nothing of the engine, and no type is stripped before compiled code is kept', async () => {
    const files = await loads('--help')
    const own = files.filter((url) => url.startsWith('file:') && !url.includes('node_modules'))
    expect(own.slice(0, 3).map((url) => url.slice(url.lastIndexOf('/') + 1))).toEqual([
      'zds.js',
      'compiled.js',
      'main.ts',
    ])
    expect(files.filter((url) => /\/(render|commands)\/|string-width/.test(url))).toEqual([])
    expect(
      own.filter((url) =>
        /\/(core\/(run|http|apply|compare|state|config)|plugins|sandbox)\//.test(url.slice(ROOT.length)),
      ),
    ).toEqual([])
  })

  test.each(['graph', 'validate'])(
    '%s: the configuration, and no library that makes requests, draws or measures letters',
    async (command) => {
      const files = await loads(command)
      expect(files.filter((url) => url.endsWith('/sync.config.ts'))).toHaveLength(1)
      expect(
        files.filter((url) =>
          /node_modules\/(jsforce|node-zendesk|@slack|pg|listr2|string-width)\/|^node:http$/.test(url),
        ),
      ).toEqual([])
      expect(files.some((url) => url.includes('node_modules/yaml/'))).toBe(command === 'validate')
      expect(
        files.filter((url) => /\/core\/(engine\.ts|run\/\w+-run|apply\/(apply|bind)|compare\/join)/.test(url)),
      ).toEqual([])
    },
  )
})
