import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { parse } from 'yaml'
import { blocksOf, page } from '../docs/pages.ts'
import { running } from '../cli/scratch.ts'
import { typeErrorsIn } from '../docs/types.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')

let sandbox: Sandbox
let here: Project
let planned: Plan

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project({ ...sandbox.env, ...environment })
  const { stdout } = await here.zds('plan', '--json', '--as-of', expected.asOf)
  planned = JSON.parse(stdout) as Plan // what --json prints
}, 120_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

/** The command line of somebody who can reach no service. */
const offline = (...args: readonly string[]): Promise<Result> => {
  const known = Object.entries({ ...sandbox.env, ...environment }).filter(([name]) => !/SECRET|TOKEN|URL/.test(name))
  return running(here, Object.fromEntries(known), ...args).ended
}
const pathOf = (name: string): string => join(here.directory, name)
const textIn = (name: string): string => readFileSync(pathOf(name), 'utf8')

type Mapping = {
  asOf: string
  given: { [source: string]: object[] }
  expect: { [sync: string]: { [key: string]: { fields?: { [field: string]: unknown }; absent?: string } } }
}

const updateOf = (name: string) => {
  const found = [...(planned.syncs.find((sync) => sync.name === name)?.changes ?? [])].find(({ op }) => op === 'update')
  if (found === undefined) throw new Error(`The plan updates nothing in ${name}`)
  return found
}

async function recorded(key: string, file: string, ...args: readonly string[]): Promise<Mapping> {
  const asked = sandbox.requests.length
  const { code, stderr } = await offline('record', key, '--out', file, ...args)
  expect(code, stderr).toBe(0)
  expect(sandbox.requests.slice(asked)).toEqual([])
  return parse(textIn(file)) as Mapping // what zds record writes
}

describe('zds record', () => {
  test('writes what a run has gathered of an account: it passes, and holds no name and no address', async () => {
    const change = updateOf('global')
    const { asOf, given, expect: wanted } = await recorded(change.key, 'one.mapping.yaml')
    expect(asOf).toBe(expected.asOf)
    expect(given['accounts']).toMatchObject([{ Account_ID_18__c: change.key }])
    const { fields } = wanted['global']?.[change.key] ?? {}
    const numbers = Object.entries(change.fields).filter(([, { to }]) => typeof to !== 'string')
    expect(numbers.length).toBeGreaterThan(0)
    expect(fields).toMatchObject(Object.fromEntries(numbers.map(([field, { to }]) => [field, to])))
    expect(fields).toMatchObject({ name: 'Name 1' })
    const row = (world.salesforce['Account']?.find((one) => one['Id'] === change.key) ?? {}) as Record<string, string> // as far as it is read
    const texts = ['Name', 'Account_Owner_Calc__c', 'Technical_Account_Manager_Name__c'].flatMap(
      (column) => row[column] ?? [],
    )
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) expect(textIn('one.mapping.yaml')).not.toContain(text)
    expect(await offline('test', 'one.mapping.yaml')).toMatchObject({ code: 0 })
  })

  test('of a person there is no address but one that was made up (OPS-08)', async () => {
    const { key } = updateOf('us-gov-users')
    const { expect: wanted } = await recorded(key, 'person.mapping.yaml')
    const addresses = textIn('person.mapping.yaml').match(/[\w.+-]+@[\w.-]+/g) ?? []
    expect(addresses.length).toBeGreaterThan(0)
    expect(addresses.filter((one) => !/^person-\d+@example\.com$/.test(one))).toEqual([])
    expect(Object.keys(wanted['us-gov-users'] ?? {})).toEqual([expect.stringMatching(/^person-\d+@example\.com$/)])
    expect(await offline('test', 'person.mapping.yaml')).toMatchObject({ code: 0 })
  })

  test('writes the same again, and replaces nothing', async () => {
    const { key } = updateOf('global')
    await recorded(key, 'again.mapping.yaml')
    await recorded(key, 'a/new/directory/again.yaml')
    expect(textIn('again.mapping.yaml')).toBe(textIn('one.mapping.yaml'))
    const { code, stderr } = await offline('record', key, '--out', 'again.mapping.yaml')
    expect(code).toBe(1)
    expect(stderr).toMatch(/\[USAGE\] .*again\.mapping\.yaml is there already/)
  })

  test.each([
    [['nobody@nowhere.example'], /Nothing that was read is called nobody@nowhere\.example/],
    [['x', '--from', 'yesterday'], /yesterday/],
  ])('%j is told what is wrong, and nothing is written', async (args, words) => {
    const { code, stderr } = await offline('record', ...args, '--out', 'none.mapping.yaml')
    expect(code).toBe(1)
    expect(stderr).toMatch(words)
    expect(existsSync(pathOf('none.mapping.yaml'))).toBe(false)
  })
})

describe('zds test', () => {
  test('asks no service, writes nothing, and looks at what is named only', async () => {
    const [asked, before] = [sandbox.requests.length, readdirSync(pathOf('.zds/runs'))]
    const result = await offline('test', '--json')
    expect(result.code, result.stdout + result.stderr).toBe(0)
    expect(JSON.parse(result.stdout)).toEqual({
      files: ['again', 'one', 'person'].map((name) => ({
        file: `${name}.mapping.yaml`,
        keys: expect.any(Number) as number,
        failures: [],
      })),
    })
    expect(sandbox.requests.slice(asked)).toEqual([])
    expect(readdirSync(pathOf('.zds/runs'))).toEqual(before)
  })

  test('tells what was expected and what came out, by field, file and line; --update writes that', async () => {
    const { key } = updateOf('global')
    const before = `# Why: a test\n${textIn('one.mapping.yaml')}`
    const [, level = ''] = /support_level: (\S+)/.exec(before) ?? []
    writeFileSync(pathOf('wrong.mapping.yaml'), before.replace(`support_level: ${level}`, 'support_level: platinum'))
    const line = before.split('\n').findIndex((one) => one.includes('support_level:')) + 1
    expect(line).toBeGreaterThan(before.split('\n').indexOf('expect:'))
    const { code, stdout } = await offline('test', 'wrong.mapping.yaml')
    expect(code).toBe(1)
    expect(stdout).toContain(
      `wrong.mapping.yaml:${line} global ${key} support_level\n    expected "platinum"\n    actual   "${level}"\n`,
    )
    expect(await offline('test', 'wrong.mapping.yaml', '--update')).toMatchObject({ code: 0 })
    expect(textIn('wrong.mapping.yaml')).toBe(before)
    expect(await offline('test', 'wrong.mapping.yaml')).toMatchObject({ code: 0 })
  })

  test('an account that is not there is absent, with the reason', async () => {
    const { key } = updateOf('global')
    const text = (reason: string) =>
      `asOf: ${expected.asOf}\ngiven: {}\nexpect:\n  us-gov:\n    ${key}: { absent: ${reason} }\n`
    writeFileSync(pathOf('absent.mapping.yaml'), text('unknown'))
    expect(await offline('test', 'absent.mapping.yaml')).toMatchObject({ code: 0 })
    writeFileSync(pathOf('absent.mapping.yaml'), text('retention'))
    const { code, stdout } = await offline('test', 'absent.mapping.yaml')
    expect(code).toBe(1)
    expect(stdout).toContain('expected "absent: retention"\n    actual   "absent: unknown"')
  })

  test.each([
    [
      'asOf: 2026-03-16\ngiven: { acounts: [] }\nexpect: {}\n',
      /bad\.mapping\.yaml:2: there is no gathered source acounts\n {2}Did you mean "accounts"/,
    ],
    [
      'asOf: 2026-03-16\ngiven: {}\nexpect: { globl: {} }\n',
      /bad\.mapping\.yaml:3: there is no sync globl\n {2}Did you mean "global"/,
    ],
    ['given: {}\nasOf: today\n', /\[FILE_INVALID\][\s\S]*lacks "expect"[\s\S]*bad\.mapping\.yaml:2 asOf: must/],
    ['asOf: 2026-02-30\ngiven: {}\nexpect: {}\n', /2026-02-30/],
    ['asOf: [\n', /bad\.mapping\.yaml:\d/],
  ])('a file that cannot be used is told with what is wrong in it: %j', async (text, words) => {
    writeFileSync(pathOf('bad.mapping.yaml'), text)
    const { code, stdout, stderr } = await offline('test', 'bad.mapping.yaml')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(words)
  })

  describe('as TypeScript', () => {
    const code = blocksOf(page('docs/test-a-mapping.md')).find(({ language }) => language === 'ts')?.text ?? ''
    const name = 'mappings/nobody.mapping.ts'
    const written = (text: string): Promise<Result> => {
      mkdirSync(pathOf('mappings'), { recursive: true })
      writeFileSync(pathOf(name), text)
      return offline('test', name, '--json')
    }

    test('the example of the page compiles and passes', async () => {
      expect(await written(code)).toMatchObject({ code: 0 })
      expect(await typeErrorsIn(here.directory, [name])).toBe('')
    })

    test('a sync or a day that cannot be is a compile error on its line', async () => {
      await written(code.replace('global:', 'globl:').replace(`'2026-03-16'`, `'today'`))
      const told = await typeErrorsIn(here.directory, [name])
      const lines = [...told.matchAll(/nobody\.mapping\.ts\((\d+),/g)].map(([, line]) => Number(line))
      expect(lines).toContain(code.split('\n').findIndex((line) => line.includes('asOf')) + 1)
      await written(code.replace('global:', 'globl:'))
      expect(await typeErrorsIn(here.directory, [name])).toMatch(/nobody\.mapping\.ts\(\d+,\d+\): error TS2561/)
    })

    test('a difference has its line; --update leaves the file as it is, and says so', async () => {
      const wrong = code.replace('no-subscription', 'retention')
      const { files } = JSON.parse((await written(wrong)).stdout) as { files: object[] }
      const line = wrong.split('\n').findIndex((one) => one.includes('expect:')) + 1
      const failure = { line, sync: 'global', expected: 'absent: retention', actual: 'absent: no-subscription' }
      expect(files).toMatchObject([{ file: name, failures: [failure] }])
      const updated = await offline('test', name, '--update')
      expect(updated).toMatchObject({ code: 1 })
      expect(updated.stderr).toContain(`Warning: --update changes no code: correct ${name} yourself`)
      expect(textIn(name)).toBe(wrong)
    })

    test('so has a source or a sync that there is not', async () => {
      const { stderr } = await written(code.replace('{ global:', '{\n  globl:'))
      const line = code.split('\n').findIndex((one) => one.includes('expect:')) + 2
      expect(stderr).toContain(`${name}:${line}: there is no sync globl`)
    })

    test.each([
      ['export const mapping = {}', /nobody\.mapping\.ts.*must be/],
      ['export default { asOf: 1 }', /lacks "given"/],
      ['export default {\n  asOf: 1,\n  given: {},\n  expect: {} }', /nobody\.mapping\.ts:2 asOf: must be string/],
      ['const a = 1\n\nexport default (', /cannot be loaded: .*\(line 3\)/],
      [`const rows = []\nexport default rows[0].given`, /cannot be loaded: .*\(line 2\)/],
      [`import './nowhere.ts'`, /cannot be loaded: .*nowhere/],
    ])('what cannot be used is told: %s', async (text, words) => {
      const { code: ended, stderr } = await written(text)
      expect(ended).toBe(1)
      expect(stderr).toMatch(/\[FILE_INVALID\]/)
      expect(stderr).toMatch(words)
    })

    afterAll(() => rmSync(pathOf('mappings'), { recursive: true, force: true }))
  })

  test('a file that is not there is named', async () => {
    expect(await offline('test', 'nowhere.yaml')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nowhere.yaml'),
    })
  })
})

test('the example of the page passes with the reference configuration, and fails as the page shows it', async () => {
  const text = blocksOf(page('docs/test-a-mapping.md')).find(({ language }) => language === 'yaml')?.text ?? ''
  mkdirSync(pathOf('mappings'))
  const file = 'mappings/expired.mapping.yaml'
  writeFileSync(pathOf(file), text)
  const passed = await offline('test', file)
  expect(passed.code, passed.stdout + passed.stderr).toBe(0)
  writeFileSync(pathOf(file), text.replace('support_level: expired', 'support_level: ultimate'))
  const { stdout } = await offline('test', file)
  expect(page('docs/test-a-mapping.md').text).toContain(stdout)
})
