import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Sandbox } from 'zds/sandbox'
import { project, type Project, type Result } from '../support/zds.ts'

/** A scratch copy of the reference configuration, removed when the test ends. */
export function scratch(environment: { readonly [name: string]: string | undefined }, ...changes: readonly Change[]): Project {
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

/** A refusal as a person and a script need it: exit code, one error with its code, nothing on stdout, no stack, no colours. */
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
