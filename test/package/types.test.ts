import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkout } from '../../scripts/build.ts'
import { ROOT } from '../docs/pages.ts'
import { consumer, type Consumer } from './consumer.ts'

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
function said(options: object): Promise<string> {
  const strict = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  }
  const settings = { compilerOptions: { ...strict, ...options }, include: ['*.ts'] }
  writeFileSync(join(here.directory, 'tsconfig.json'), JSON.stringify(settings))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', here.directory], (_, stdout, stderr) => resolve(stdout + stderr))
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

test('whoever misspells a field of the reference configuration is told', async () => {
  here.write('slip.ts', `import { sync } from 'zds'\nsync({ fields: {}, desire: 1 })\n`)
  expect(await said({ module: 'nodenext' })).toContain('slip.ts(2,')
})
