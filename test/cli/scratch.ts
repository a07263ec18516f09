import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import type { Sandbox } from 'zds/sandbox'
import { project, type Project, type Result } from '../support/zds.ts'

/** A scratch copy of the reference configuration, removed when the test ends. */
export function scratch(
  environment: { readonly [name: string]: string | undefined },
  ...changes: readonly Change[]
): Project {
  const given = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const here = project(Object.fromEntries(given))
  onTestFinished(() => here.remove())
  for (const change of changes) change(here.directory)
  return here
}

/** What is done to a scratch directory before the command runs. */
export type Change = (directory: string) => void

/** Replaces the first `from` of the configuration, which must be there. */
export const edit =
  (from: string, to: string, file = 'sync.config.ts'): Change =>
  (directory) => {
    const path = join(directory, file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  }

export const file =
  (name: string, text: string): Change =>
  (directory) =>
    writeFileSync(join(directory, name), text)

/** The requests that could have changed something, logins aside. */
export function writesTo({ requests }: Sandbox): readonly string[] {
  return requests
    .filter(({ service, method, path }) => method !== 'GET' && service !== 'slack' && !path.includes('/oauth'))
    .map(({ service, method, path }) => `${service} ${method} ${path}`)
}

/**
 * A refusal as a person and a script need it: exit code, one error with its code, nothing on
 * stdout, no stack, no colours.
 */
export function expectRefusal(result: Result, code: string, exit = 1): void {
  expect(result.code, result.stderr).toBe(exit)
  expect(result.stderr.match(/^Error \[\w+\]/gm), result.stderr).toEqual([`Error [${code}]`])
  expect(result.stdout).toBe('')
  expectPlain(result)
}

/** Neither a stack trace nor control characters, as whoever reads a log wants it. */
export function expectPlain({ stderr }: Result): void {
  expect(stderr).not.toMatch(/^\s+at .*:\d+/m)
  expect(stderr).not.toMatch(/[^\P{Cc}\n]/u)
}

const ZDS = join(import.meta.dirname, '../../bin/zds.js')

export type Running = {
  readonly pid: number
  readonly seen: () => string
  readonly send: (text: string) => void
  readonly ended: Promise<Result>
}

/**
 * Starts any program in a scratch directory; `seen` is what it has written so far, stdout and
 * stderr as they came.
 */
export function started(
  program: string,
  args: readonly string[],
  { directory }: Project,
  environment: NodeJS.ProcessEnv,
): Running {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment }
  const child = spawn(program, args, { cwd: directory, env, stdio: 'pipe' })
  const parts = { stdout: '', stderr: '' }
  let seen = ''
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      parts[stream] += text
      seen += text
    })
  }
  const ended = new Promise<Result>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, ...parts }))
  })
  return { pid: child.pid ?? 0, seen: () => seen, send: (text) => void child.stdin.write(text), ended }
}

/** The command line as a process of its own that can be interrupted. */
export const running = (here: Project, environment: NodeJS.ProcessEnv, ...args: readonly string[]): Running =>
  started(process.execPath, [ZDS, ...args], here, { NO_COLOR: '1', ...environment })

/**
 * The command line on a terminal of 80 columns, by `script` of util-linux. The terminal shows
 * stdout and stderr as one.
 */
export function onTerminal(here: Project, environment: NodeJS.ProcessEnv, ...args: readonly string[]): Running {
  const command = ['stty cols 80 rows 40;', 'exec', process.execPath, ZDS, ...args].join(' ')
  return started('script', ['--quiet', '--return', '--command', command, '/dev/null'], here, {
    TERM: 'xterm',
    ...environment,
  })
}

/**
 * Resolves once `condition` holds; throws with what the program has said when it does not within
 * half a minute.
 */
export async function until(condition: () => boolean, what: string, { seen }: Running): Promise<void> {
  const began = performance.now()
  while (!condition()) {
    if (performance.now() - began > 30_000) throw new Error(`Waited in vain for ${what}, and saw: ${seen()}`)
    await wait(10)
  }
}
