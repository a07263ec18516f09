import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { scratch } from '../cli/scratch.ts'
import { ROOT } from '../docs/pages.ts'

const here = () =>
  scratch({ ZENDESK_GLOBAL_URL: 'https://global.zendesk.com', ZENDESK_US_GOV_URL: 'https://gov.zendesk.com' })
const completed = async (...words: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await here().zds('complete', '--', ...words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trim().split('\n')
}

describe('zds complete knows what the program declares, whatever that is', () => {
  it('every command of the help, and every option of each', async () => {
    const zds = here()
    const { stdout } = await zds.zds('--help')
    const commands = [...(stdout.split('Commands:\n')[1]?.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
      ([, name = '']) => name,
    )
    expect(await completed('')).toEqual(commands)
    for (const command of ['apply', 'create', 'status']) {
      const help = await zds.zds(command, '--help')
      const options = [...help.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option)
      expect(await completed(command, '--')).toEqual(options)
    }
  })

  it('choices of arguments and of options', async () => {
    expect(await completed('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(await completed('create', 'plugin', 'mine', '--kind', 'p')).toEqual(['processor'])
    expect(await completed('create', '--kind', 'source', 'p')).toEqual(['plugin'])
    expect(await completed('plan', '--op', 're')).toEqual(['retire', 'remove'])
  })

  it('instances, and runs, from the configuration and its state', async () => {
    expect(await completed('unlock', '')).toEqual(['global', 'us-gov'])
    expect(await completed('plan', '--failed-from', '')).toEqual(['last'])
    expect(await completed('outcomes', 'l')).toEqual(['last'])
  })

  it('nothing where only the shell knows, and nothing of a command that there is not', async () => {
    for (const words of [
      ['apply', ''],
      ['no-such', ''],
      ['sandbox', '--accounts', ''],
    ])
      expect(await completed(...words)).toEqual([''])
  })
})

/** Runs a script of a shell where `zds` is this one, and the words to complete are its arguments. */
function inShell(shell: string, flags: readonly string[], script: string, line: string): Promise<string> {
  const { directory } = here()
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  symlinkSync(join(ROOT, 'bin/zds.js'), join(bin, 'zds'))
  const env = {
    PATH: [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: directory,
    ZENDESK_GLOBAL_URL: 'https://global.zendesk.com',
  }
  return new Promise((resolve) => {
    execFile(shell, [...flags, '-c', script, shell, line], { cwd: directory, env }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}

/** What each shell proposes for a line, with the completion that zds prints for it. */
const SHELLS: { readonly [shell: string]: (line: string) => Promise<string> } = {
  bash: (line) =>
    inShell(
      'bash',
      ['--norc', '--noprofile'],
      `eval "$(zds completion bash)"; COMP_WORDBREAKS=' :'; COMP_LINE=$1; COMP_POINT=\${#1}; _zds; printf '%s\\n' "\${COMPREPLY[@]}"`,
      line,
    ),
  // Without a terminal there is no completion to ask: what it would be told is printed.
  zsh: (line) =>
    inShell(
      'zsh',
      ['-f'],
      `compdef() { : }; compadd() { shift; print -l -- "$@" }; _files() { : }; eval "$(zds completion zsh)"
       words=("\${(@s: :)1}"); CURRENT=\${#words}; _zds | grep -- "^\${words[-1]}"`,
      line,
    ),
  fish: (line) => inShell('fish', ['--no-config'], 'zds completion fish | source; complete -C $argv[2]', line),
}

/** A machine may do without a shell, and leaves its test out; CI may not. */
const isThere = (shell: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((place) => existsSync(join(place, shell)))

describe.each(Object.entries(SHELLS))('%s completes by it', (shell, completion) => {
  const leftOut = process.platform === 'win32' || (!isThere(shell) && process.env['CI'] === undefined)
  test.skipIf(leftOut)('words, options, and what has a colon', async () => {
    expect(await completion('zds comp')).toBe('completion\n')
    expect(await completion('zds apply --lock')).toBe('--lock-timeout\n')
    expect(await completion('zds unlock ')).toBe('global\nus-gov\n')
    expect(await completion('zds stage apply:part')).toMatch(/^(?:apply:)?partners\n$/)
  })
})

test('zds completion prints what zsh and fish load', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { code, stdout } = await here().zds('completion', shell)
    expect({ code, calls: stdout.includes(' complete -- ') }).toEqual({ code: 0, calls: true })
    const named = await here().zds('completion', shell, '--name', 'sync')
    expect(named.stdout).toMatch(/(?:compdef _zds|--command) sync\b/)
  }
})
