import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { edit, expectRefusal, file, running, scratch, until, type Change } from '../cli/scratch.ts'

const asOf = '2026-03-16'
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 20, seed: 1, asOf }) })
})
afterAll(() => sandbox.close())

const appended =
  (text: string): Change =>
  (directory) =>
    appendFileSync(join(directory, 'sync.config.ts'), `\n${text}\n`)

describe('the code of a configuration', () => {
  test.each([
    ['waits for nothing that comes', 'await new Promise(() => {})', 130, /\[INTERRUPTED\] Stopped by SIGINT/],
    [
      'waits while timers run',
      'setInterval(() => {}, 10); await new Promise(() => {})',
      130,
      /\[INTERRUPTED\] Stopped by SIGINT/,
    ],
    ['runs in a circle', 'for (;;) {}', -1, /^begun\n$/],
  ])('that %s is ended by SIGINT', async (_, code, exit, says) => {
    const here = scratch(sandbox.env, appended(`process.stderr.write('begun\\n'); ${code}`))
    const child = running(here, sandbox.env, 'graph')
    await until(() => child.seen().includes('begun'), 'the configuration', child)
    await wait(1_200)
    process.kill(child.pid, 'SIGINT')
    const result = await child.ended
    expect(result.code, result.stderr).toBe(exit)
    expect(result.stderr).toMatch(says)
  })

  test.each(['plan', 'validate', 'doctor', 'ci gitlab'])(
    'that ends the process is an error of zds %s, and no success',
    async (command) => {
      const result = await scratch(sandbox.env, appended('process.exit(0)')).zds(...command.split(' '))
      expect(result.code).toBe(1)
      expect(result.stdout + result.stderr).toMatch(/ends the process \(process\.exit\)/)
    },
  )

  test.each(['plan', 'apply --yes'])(
    'that ends the process later, in zds %s, is no success either',
    async (command) => {
      const later =
        'const loading = process.exit; setInterval(() => { if (process.exit !== loading) process.exit(0) }, 5)'
      const here = scratch(sandbox.env, appended(later))
      const result = await here.zds(...command.split(' '), '--as-of', asOf)
      expectRefusal(result, 'CONFIG_BROKEN')
      expect(result.stderr).toMatch(/ended the process \(process\.exit\)[^]*zds status/)
    },
  )

  test.each([
    ['a promise', `Promise.reject(new Error('nobody waits'))`],
    ['a timer', `setTimeout(() => { throw new Error('nobody waits') }); await new Promise(() => {})`],
    ['a timer once it is loaded', `setTimeout(() => { throw new TypeError('nobody waits') }, 50)`],
    ['a file that it imports', `import './part.ts'`],
  ])('that throws in %s is named with its line, without a stack', async (_, code) => {
    const part = file('part.ts', `\n\nvoid (async () => { JSON.parse('nobody waits') })()`)
    const here = scratch(sandbox.env, part, appended(code))
    const result = await here.zds('plan', '--as-of', asOf)
    expectRefusal(result, 'CONFIG_BROKEN')
    expect(result.stderr).toMatch(/(?:sync\.config|part)\.ts throws where .*nobody waits.* \(line \d+\)/)
  })

  test('that calls what is to be named (state: localState()) is refused once: its promise is nobody’s fault', async () => {
    const result = await scratch(sandbox.env, edit('? localState :', '? localState() :')).zds('plan', '--as-of', asOf)
    expectRefusal(result, 'CONFIG_INVALID')
    expect(result.stderr).toContain('state: must be what opens a state')
  })

  test('says what it says beside the document that was asked for', async () => {
    const here = scratch(sandbox.env, appended(`console.log('for a moment'); console.table([{ a: 1 }])`))
    const { code, stdout, stderr } = await here.zds('graph', '--json')
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toHaveProperty('stages')
    expect(stderr).toMatch(/for a moment\n[^]*│ 0/)
  })

  test('leaves timers that keep nothing running', async () => {
    const here = scratch(sandbox.env, appended('setInterval(() => {}, 1000)'))
    const { code, stdout } = await here.zds('graph', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).not.toEqual([])
  })
})

describe('no other file says where code comes from', () => {
  const meta = `process.stderr.write('meta was run'); module.exports = { searchPlaces: ['other.ts'] }`
  test.each([
    ['.config/config.json', '{"searchPlaces":["other.ts"]}'],
    ['.config/config.cjs', meta],
    ['.syncrc', '{"$import":"./other.ts"}'],
  ])('%s %s', async (name, text) => {
    const folder: Change = (directory) => mkdirSync(join(directory, '.config'))
    const other = file('other.ts', `process.stderr.write('other was run')`)
    const result = await scratch(sandbox.env, folder, file(name, text), other).zds('graph', '--json')
    expect(result.code, result.stderr).toBe(0)
    expect(result.stderr).not.toMatch(/was run/)
  })
})
