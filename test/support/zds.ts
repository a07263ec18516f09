import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export type Result = { readonly code: number; readonly stdout: string; readonly stderr: string }

/**
 * A directory with the reference configuration in it, as a user would have one; below the
 * repository, so that `zds` resolves.
 */
export interface Project {
  readonly directory: string
  /** Runs the command line as a user would, without a terminal. */
  zds(...args: readonly string[]): Promise<Result>
  remove(): void
}

export function project(environment: { readonly [name: string]: string }, config = 'sync.config.ts'): Project {
  const directory = mkdtempSync(join(ROOT, 'test/.tmp-'))
  cpSync(join(ROOT, config), join(directory, 'sync.config.ts'))
  cpSync(join(ROOT, 'data'), join(directory, 'data'), { recursive: true })
  // Nothing of the developer's own environment may reach a test.
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NO_COLOR: '1', ...environment }
  return {
    directory,
    zds: (...args) => run(args, directory, env),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Result> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'bin/zds.js'), ...args],
      { cwd, env, maxBuffer: 1 << 28 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr })
      },
    )
  })
}
