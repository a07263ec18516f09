import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { scratch } from '../cli/scratch.ts'
import { project } from '../support/zds.ts'

/** The help of zds as a whole, under no name, and of each command. */
const helps = new Map<string, string>()
const commands = (): [command: string, help: string][] => [...helps].filter(([name]) => name !== '')

beforeAll(async () => {
  const here = project({})
  const { stdout } = await here.zds('--help')
  helps.set('', stdout)
  const list = stdout.split('Commands:\n')[1]?.split('\n\n')[0] ?? ''
  for (const [, name = ''] of list.matchAll(/^ {2}([a-z]+)/gm)) {
    if (name !== 'help') helps.set(name, (await here.zds(name, '--help')).stdout)
  }
  here.remove()
})

test('zds --version says which zds it is, where it is, and on which Node', async () => {
  const root = join(import.meta.dirname, '../..')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string } // our own package.json
  for (const option of ['--version', '-V']) {
    const stdout = `zds ${version} (${root}) on Node ${process.versions.node} (${process.execPath})\n`
    expect(await scratch({}).zds(option)).toEqual({ code: 0, stdout, stderr: '' })
  }
})

describe('help', () => {
  test('zds --help has every command, examples and the exit codes', async () => {
    const { code, stdout, stderr } = await scratch({}).zds('--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect([...helps.keys()]).toEqual(expect.arrayContaining(['plan', 'apply', 'graph', 'sandbox']))
    expect(stdout).toMatch(/Examples:\n {2}zds /)
    for (const exit of [0, 1, 2, 3, 4, 5, 130]) expect(stdout).toMatch(new RegExp(`^ {2}${exit} {2,}\\w`, 'm'))
  })

  test('every command has its own, with every option explained', () => {
    for (const [command, help] of commands()) {
      expect(help, command).toMatch(new RegExp(`^Usage: zds ${command}`))
      const options = [...help.matchAll(/^ {2}(?:-\w, )?--[\w-]+.*$/gm)].map(([line]) => line)
      expect(options.length, command).toBeGreaterThan(1)
      expect(options.filter((line) => !/^ {2}(-\w, )?--[\w-]+( <\w+>)? {2,}\S/.test(line))).toEqual([])
    }
  })

  test('every command has examples, of itself and with options that there are', () => {
    for (const [command, help] of commands()) {
      const examples = [...(help.split('Examples:\n')[1] ?? '').matchAll(/^ {2}zds (\w+)(.*)$/gm)]
      expect(
        examples.map(([, name]) => name),
        command,
      ).toContain(command)
      const unknown = examples.flatMap(([, name = '', rest = '']) =>
        [...rest.matchAll(/ (--[\w-]+)/g)]
          .map(([, option]) => `${option} `)
          .filter((option) => !helps.get(name)?.includes(option)),
      )
      expect(unknown, command).toEqual([])
    }
  })

  test('commands with exit codes of their own list them', () => {
    for (const command of ['plan', 'apply']) expect(helps.get(command), command).toContain('Exit codes:')
  })

  test('no line is wider than 80 columns', () => {
    for (const [command, help] of helps)
      expect(
        help.split('\n').filter((line) => line.length > 80),
        command,
      ).toEqual([])
  })

  test('zds alone shows it on stderr, as nothing was asked for', async () => {
    const { code, stdout, stderr } = await scratch({}).zds()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('Usage: zds')
  })
})
