import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { PLUGIN_KINDS } from '../../src/cli/create/plugin.ts'
import { ROOT } from '../docs/pages.ts'
import { consumer, installed, type Consumer } from './consumer.ts'

let here: Consumer
let sandbox: ChildProcess | undefined
const outside = mkdtempSync(join(tmpdir(), 'zds-env-'))

beforeAll(async () => {
  here = await consumer()
  const created = await here.zds(['create', 'config'])
  if (created.code !== 0) throw new Error(created.stderr)
  // What it says comes next, to the letter.
  for (const [, names = ''] of created.stderr.matchAll(/^ {2}npm install (?:-D )?(.+)$/gm))
    await installed(here, ...names.split(' '))
})
afterAll(() => {
  sandbox?.kill('SIGTERM')
  here.remove()
  rmSync(outside, { recursive: true, force: true })
})

const compiled = () =>
  here.run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--skipLibCheck', 'false'])

it('npx zds create config writes a configuration that compiles as its own tsconfig.json says', async () => {
  expect(await compiled()).toMatchObject({ code: 0, stdout: '' })
})

it('npx zds plan, npx zds apply on the sandbox of the package, and the next plan is empty', async () => {
  const env = join(outside, 'sandbox.env')
  const program = join(here.directory, 'node_modules/zds/bin/zds.js')
  const options = ['--accounts', '60', '--write-env', env]
  sandbox = spawn(process.execPath, [program, 'sandbox', ...options], { cwd: here.directory, stdio: 'ignore' })
  await vi.waitFor(() => expect(existsSync(env)).toBe(true), 30_000)
  const plan = await here.zds(['plan', '--env', env, '--detailed-exitcode', '--out', 'plan.json'])
  expect(plan, plan.stderr).toMatchObject({ code: 2 })
  const applied = await here.zds(['apply', 'plan.json', '--env', env])
  expect(applied, applied.stderr).toMatchObject({ code: 0 })
  const again = await here.zds(['plan', '--env', env, '--detailed-exitcode'])
  expect(again, again.stdout).toMatchObject({ code: 0 })
})

it.each(PLUGIN_KINDS)('npx zds create plugin --kind %s: its test is green', async (kind) => {
  const name = `my-${kind}`
  expect(await here.zds(['create', 'plugin', name, '--kind', kind])).toMatchObject({ code: 0 })
  const tested = await here.run(process.execPath, ['--test', `plugins/${name}/${name}.test.ts`])
  expect(tested, tested.stdout).toMatchObject({ code: 0 })
})

it('and all of them compile beside the configuration', async () => {
  expect(await compiled()).toMatchObject({ code: 0, stdout: '' })
})
