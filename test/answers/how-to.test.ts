import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { blocksOf, page } from '../docs/pages.ts'
import { project, type Project } from '../support/zds.ts'

let sandbox: Sandbox
let here: Project

beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 60, asOf: new Date().toISOString().slice(0, 10) }) })
  here = project(sandbox.env)
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: here.directory, stdio: 'ignore' })
  git('init', '--initial-branch=main')
  git('add', 'sync.config.ts', 'data')
  git('-c', 'user.name=a', '-c', 'user.email=a@company.example', 'commit', '-m', 'before')
}, 60_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

const commands = blocksOf(page('docs/how-to.md'))
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .map((line) => line.replace(/ {2,}#.*/, '').trim())
  .filter((line) => line !== '')

/** What stands for something in the page, as it is here. */
function meant(word: string): string {
  if (word !== 'DIGEST' && word !== 'KEY') return word.replaceAll('"', '')
  const { digest, syncs } = JSON.parse(readFileSync(join(here.directory, 'plan.json'), 'utf8')) as {
    digest: string
    syncs: { name: string; changes: { op: string; key: string }[] }[]
  } // as zds plan --out has saved it
  const update = syncs.find(({ name }) => name === 'global')?.changes.find(({ op }) => op === 'update')
  return word === 'DIGEST' ? digest.slice(0, 12) : (update?.key ?? '')
}

test('every command of docs/how-to.md does what it says, in the order of the page', async () => {
  expect(commands.length).toBeGreaterThan(20)
  expect((await here.zds('plan', '--out', 'plan.json')).code).toBe(0)
  for (const command of commands) {
    const [program, name, ...args] = command.match(/"[^"]*"|\S+/g) ?? []
    expect([program, name], command).toEqual(['npx', 'zds'])
    const { code, stdout, stderr } = await here.zds(...args.map(meant))
    expect(code, `${command}\n${stdout}${stderr}`).toBe(0)
  }
}, 240_000)
