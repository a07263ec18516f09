import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
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

/** What bash proposes for a line, with the completion that zds prints. */
function inBash(line: string): Promise<string> {
  const { directory } = here()
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  symlinkSync(join(ROOT, 'bin/zds.js'), join(bin, 'zds'))
  const script = `eval "$(zds completion bash)"; COMP_WORDBREAKS=' :'; COMP_LINE=$1; COMP_POINT=\${#1}; _zds; printf '%s\\n' "\${COMPREPLY[@]}"`
  const env = {
    PATH: [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    ZENDESK_GLOBAL_URL: 'https://global.zendesk.com',
  }
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['--norc', '--noprofile', '-c', script, 'bash', line],
      { cwd: directory, env },
      (_, stdout, stderr) => resolve(stdout + stderr),
    )
  })
}

test.skipIf(process.platform === 'win32')('bash completes by it: words, options, and what has a colon', async () => {
  expect(await inBash('zds comp')).toBe('completion\n')
  expect(await inBash('zds apply --lock')).toBe('--lock-timeout\n')
  expect(await inBash('zds unlock ')).toBe('global\nus-gov\n')
})

test('zds completion prints what zsh and fish load', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { code, stdout } = await here().zds('completion', shell)
    expect({ code, calls: stdout.includes(' complete -- ') }).toEqual({ code: 0, calls: true })
    const named = await here().zds('completion', shell, '--name', 'sync')
    expect(named.stdout).toMatch(/(?:compdef _zds|--command) sync\b/)
  }
})
