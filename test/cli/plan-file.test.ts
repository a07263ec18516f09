import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createSecretKey } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { refuseToReplace } from '../../src/cli/plan-file.ts'
import { planNumbers } from '../../src/core/plan/numbers.ts'
import { seal } from '../../src/core/plan/seal.ts'
import { assemble } from '../../src/core/plan/plan.ts'
import { fakeClock } from 'zds/testing'
import { planOf } from './plans.ts'

const folder = mkdtempSync(join(tmpdir(), 'zds-out-'))
afterAll(() => rmSync(folder, { recursive: true }))
const written = (text: string): string => {
  const path = join(folder, 'file')
  writeFileSync(path, text)
  return path
}
const plan = assemble(planOf().syncs, 'fingerprint', fakeClock())
const document = JSON.stringify(plan, null, 2)

test.each([
  ['a plan as it is made', document],
  ['a plan on one line', JSON.stringify(plan)],
  ['a plan that broke off', document.slice(0, 120)],
  ['the numbers of a plan', JSON.stringify(planNumbers(plan), null, 2)],
  ['a sealed plan', [...seal(plan, createSecretKey(Buffer.alloc(32)))].join('')],
  ['an empty file', ''],
])('%s may be replaced', async (_what, text) => {
  await expect(refuseToReplace(written(text))).resolves.toBeUndefined()
})

test.each([
  ['a configuration', 'export default {}\n'],
  ['other JSON', '{"version": 1, "name": "zds"}'],
  ['variables', 'ZENDESK_GLOBAL_URL=https://example.zendesk.com\n'],
  ['text that speaks of one', `Look: ${document}`],
])('%s is not', async (_what, text) => {
  const path = written(text)
  await expect(refuseToReplace(path)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(path) as string,
  })
})

test('nothing is nothing to lose', async () => {
  await expect(refuseToReplace(resolve(folder, 'nothing'))).resolves.toBeUndefined()
})

test.each(['/dev/null', '/dev/full', '/dev/stdout', tmpdir()])('%s is refused by its name', async (name) => {
  await expect(refuseToReplace(name)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(name) as string,
  })
})
