/**
 * Tries the example on the embedded sandbox, in which the Zendesk "emea" is new and empty: plan,
 * apply, and a plan that finds nothing to do.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { generateWorld, startSandbox } from 'zds/sandbox'
import { organizationFields } from './fields.ts'

const root = join(import.meta.dirname, '../..')
const world = generateWorld({ accounts: 300, seed: 1 })
const emea = { organizations: [], users: [], organization_fields: organizationFields, user_fields: [] }
const sandbox = await startSandbox({ world: { ...world, zendesk: { ...world.zendesk, emea } } })
// A directory of its own beside this one, so that the configuration finds the reference and nothing
// is left behind.
const directory = mkdtempSync(join(root, 'examples/.demo-'))
cpSync(join(import.meta.dirname, 'sync.config.ts'), join(directory, 'sync.config.ts'))
cpSync(join(root, 'data'), join(directory, 'data'), { recursive: true })

try {
  for (const command of ['plan', 'apply --yes', 'plan']) await zds(command.split(' '))
} finally {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
}

function zds(args: readonly string[]): Promise<void> {
  process.stdout.write(`\n$ zds ${args.join(' ')}\n`)
  const env = { ...process.env, ...sandbox.env }
  const child = spawn(process.execPath, ['--', join(root, 'bin/zds.js'), ...args], {
    cwd: directory,
    env,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`zds ${args.join(' ')} ended with ${code}`))))
  })
}
