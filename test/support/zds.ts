import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export type Result = { readonly code: number; readonly stdout: string; readonly stderr: string }

/**
 * A directory in memory, where the machine has one of some room: a journal waits for its disk at each
 * write.
 */
const MEMORY = '/dev/shm'
const ROOM = 1 << 30
const PLACE = existsSync(MEMORY) && roomIn(MEMORY) > ROOM ? MEMORY : tmpdir()

function roomIn(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

/** What is installed above a project. */
const INSTALLED = [
  ['zds', ROOT],
  ['@types', join(ROOT, 'node_modules/@types')],
] as const

/** A directory with the reference configuration in it, and `zds` installed, as a user would have one. */
export interface Project {
  readonly directory: string
  /** The variables that its runs are given. */
  readonly variables: { readonly [name: string]: string }
  /** Runs the command line as a user would, without a terminal. */
  zds(...args: readonly string[]): Promise<Result>
  remove(): void
}

export function project(variables: { readonly [name: string]: string }): Project {
  // What a run leaves is read by tests: what is installed lies beside it, not in it.
  const place = mkdtempSync(join(PLACE, 'zds-project-'))
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(place, 'node_modules'))
  for (const [name, at] of INSTALLED) symlinkSync(at, join(place, 'node_modules', name))
  const directory = join(place, 'project')
  mkdirSync(directory)
  cpSync(join(ROOT, 'sync.config.ts'), join(directory, 'sync.config.ts'))
  cpSync(join(ROOT, 'data'), join(directory, 'data'), { recursive: true })
  // Nothing of the developer's own environment may reach a test.
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NO_COLOR: '1', ...variables }
  return {
    directory,
    variables,
    zds: (...args) => run(args, directory, env),
    remove: () => rmSync(place, { recursive: true, force: true }),
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
