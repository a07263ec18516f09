import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { generateWorld, startSandbox } from 'zds/sandbox'
import { project } from '../support/zds.ts'
import { blocksOf, page } from './pages.ts'

test('the script of docs/run-from-a-script.md plans and applies, and leaves nothing to do', async () => {
  const script = blocksOf(page('docs/run-from-a-script.md')).find(({ text }) => text.startsWith('// nightly.ts'))
  const asOf = new Date().toISOString().slice(0, 10)
  const sandbox = await startSandbox({ world: generateWorld({ accounts: 60, seed: 1, asOf }) })
  const here = project(sandbox.env)
  try {
    writeFileSync(join(here.directory, 'nightly.ts'), script?.text ?? '')
    const run = promisify(execFile)
    const env = { PATH: process.env['PATH'] ?? '', ...sandbox.env }
    const { stdout } = await run(process.execPath, ['nightly.ts'], { cwd: here.directory, env })
    expect(stdout).toMatch(
      /^global: (\d+) of \1\nus-gov: (\d+) of \2\npartners: (\d+) of \3\nus-gov-users: (\d+) of \4\n$/,
    )
    const again = await here.zds('plan', '--detailed-exitcode')
    expect(again, again.stdout).toMatchObject({ code: 0 })
  } finally {
    here.remove()
    await sandbox.close()
  }
}, 60_000)
