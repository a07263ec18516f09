import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pluginFiles, PLUGIN_KINDS, type PluginKind } from '../../../src/cli/create/plugin.ts'
import { nameFrom, respelt } from '../../../src/cli/create/spelling.ts'
import { ROOT } from '../../docs/pages.ts'
import { typeErrorsIn } from '../../docs/types.ts'

const directory = mkdtempSync(join(ROOT, 'test/.tmp-create-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const nameOf = (kind: PluginKind): string => `billing-${kind}`
const files = PLUGIN_KINDS.flatMap((kind) => Object.entries(pluginFiles(nameOf(kind), kind)))
for (const [path, text] of files) {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), text)
}

test('generated plugins and their tests compile', async () => {
  const code = files.map(([path]) => path).filter((path) => path.endsWith('.ts'))
  expect(code).toHaveLength(8)
  expect(await typeErrorsIn(directory, code)).toBe('')
}, 60_000)

test.each(PLUGIN_KINDS)(
  'the test of a generated %s is green, as its README says it is run',
  async (kind) => {
    const readme = files.find(([path]) => path === `plugins/${nameOf(kind)}/README.md`)?.[1] ?? ''
    const file = /^node --test (\S+)$/m.exec(readme)?.[1] ?? ''
    const said = await new Promise<string>((resolve) => {
      const args = ['--test', '--test-reporter', 'tap', file]
      execFile(process.execPath, args, { cwd: directory, env: { PATH: process.env['PATH'] } }, (_, out) => resolve(out))
    })
    expect(said).toMatch(/^# fail 0$/m)
    expect(Number(/^# pass (\d+)$/m.exec(said)?.[1])).toBeGreaterThan(5)
  },
  60_000,
)

test('nothing of the template’s own name is left', () => {
  for (const [path, text] of files)
    expect(path + text).not.toMatch(/example[-_]?plugin|Example_?Plugin|EXAMPLE|KIND|\bUSE\b/)
})

test('a name is respelt in all its spellings, and in no other word', () => {
  const text = 'example-plugin examplePlugin ExamplePluginOptions EXAMPLE_PLUGIN_URL another-example-plugin-x'
  expect(respelt(text, 'example-plugin', 'crm')).toBe('crm crm CrmOptions CRM_URL another-crm-x')
})

test.each(['new', 'class', 'default', 'await', 'enum'])('%s is a word of the language, and no name', (word) => {
  expect(() => nameFrom(word)).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: `For example: my-${word}` }) as Error,
  )
})

test.each(PLUGIN_KINDS)('a %s cannot be called as something else in its code', (kind) => {
  for (const name of ['test', 'schema', 'run', 'check-options'])
    expect(() => pluginFiles(name, kind), name).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
  // In texts, comments and members a word is nobody's name.
  for (const name of ['people', 'zds', 'jira']) expect(() => pluginFiles(name, kind), name).not.toThrow()
})
