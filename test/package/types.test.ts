import { execFile } from 'node:child_process'
import { cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { checkout } from '../../scripts/build.ts'
import { ROOT } from '../docs/pages.ts'
import { consumer, emptyDirectory, type Consumer } from './consumer.ts'

let here: Consumer
beforeAll(async () => {
  here = await consumer()
  // The package alone: whatever its declarations needed besides would be missing.
  cpSync(join(here.directory, 'node_modules/zds/reference'), here.directory, { recursive: true })
  const names = Object.keys(checkout().exports).map((path) => `zds${path.slice(1)}`)
  const lines = names.map(
    (name, n) => `import * as part${n} from '${name}'\nexport const names${n}: string[] = Object.keys(part${n})`,
  )
  here.write('all.ts', `${lines.join('\n')}\n`)
})
afterAll(() => here.remove())

/**
 * What the compiler says of all that is there: a consumer's, with its own libraries and checking
 * ours.
 */
function said(options: object, directory = here.directory): Promise<string> {
  const strict = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  }
  const settings = { compilerOptions: { ...strict, ...options }, include: ['*.ts'] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(settings))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', directory], (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

test.each([
  ['Node', { module: 'nodenext' }],
  ['a bundler', { module: 'esnext', moduleResolution: 'bundler', target: 'es2024' }],
  [
    'erasable syntax',
    { module: 'nodenext', verbatimModuleSyntax: true, erasableSyntaxOnly: true, isolatedModules: true },
  ],
])('a strict consumer for %s compiles every export and the reference configuration', async (_, options) => {
  expect(await said(options)).toBe('')
})

test('what zds types writes adds to the declarations of the package, and finds a slip on its line', async () => {
  const lines = [
    `export {}`,
    `declare module 'zds' { interface Facts { level: 'gold'; seats: number } interface Columns { Account: import('zds/salesforce-source').ColumnsOf<'Account'> } }`,
    `declare module 'zds/salesforce-source' { interface Objects { Account: { Name: string } } }`,
    `declare module 'zds/zendesk-target' { interface Instances { global: { organizations: { level: { dropdown: 'gold' } } } } }`,
  ]
  const mine = emptyDirectory()
  onTestFinished(() => mine.remove())
  symlinkSync(join(here.directory, 'node_modules'), join(mine.directory, 'node_modules'))
  mine.write('zds.types.d.ts', lines.join('\n'))
  mine.write(
    'fields.ts',
    [
      `import { always, dropdown, fact, text } from 'zds'`,
      `import type { OrganizationFields } from 'zds/zendesk-target'`,
      `export const fine = { name: text('Name'), level: dropdown(fact('level')) } satisfies OrganizationFields<'global'>`,
      `export const table = {`,
      `  name: text('Nam'),`,
      `  level: dropdown([], always('golden')),`,
      `} satisfies OrganizationFields<'global'>`,
      `export const seats = text(fact('seats'))`,
      `export const other = { levels: text('Name') } satisfies OrganizationFields<'global'>`,
    ].join('\n'),
  )
  const told = await said({ module: 'nodenext' }, mine.directory)
  expect([...told.matchAll(/fields\.ts\((\d+),/g)].map(([, line]) => Number(line))).toEqual([5, 6, 8, 9])
})

test('whoever misspells a field of the reference configuration is told', async () => {
  here.write('slip.ts', `import { sync } from 'zds'\nsync({ fields: {}, desire: 1 })\n`)
  expect(await said({ module: 'nodenext' })).toContain('slip.ts(2,')
})
