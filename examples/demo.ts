/**
 * The main job on the embedded sandbox: a local Salesforce, two Zendesk instances and Slack with
 * made-up data; plan, apply, and a second plan that finds nothing to do. `npm run demo -- 5000`
 * takes another number of accounts.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from 'zds'
import { generateWorld, startSandbox } from 'zds/sandbox'

const root = join(import.meta.dirname, '..')
const accounts = Number(process.argv[2] ?? 500)
if (!Number.isInteger(accounts) || accounts < 1) {
  process.stderr.write(`How many accounts? A whole number, not ${process.argv[2]}\n`)
  process.exit(1)
}

const sandbox = await startSandbox({
  world: generateWorld({ accounts, seed: 1 }),
  zendesk: { requestsPerMinute: 100_000 },
})
// A directory of its own, so that the demo leaves nothing behind and no .env of yours reaches it.
const directory = mkdtempSync(join(root, '.demo-'))
for (const part of ['sync.config.ts', 'data']) cpSync(join(root, part), join(directory, part), { recursive: true })

try {
  say(
    `A sandbox is up: Salesforce with ${accounts} accounts, ${Object.keys(sandbox.zendesk).length} Zendesk instances, Slack.`,
  )
  await zds('plan', '--out', 'plan.json')
  await zds('apply', 'plan.json', ...approval())
  await zds('plan')
  say('That is all there is to it: declare in sync.config.ts, see the plan, apply it.')
} finally {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
}

/**
 * Made-up data may go beyond limits: then the plan that was shown is approved, as a person would.
 */
function approval(): readonly string[] {
  const plan = JSON.parse(readFileSync(join(directory, 'plan.json'), 'utf8')) as Plan // what zds has just written
  const isBeyond = plan.syncs.some(({ excesses }) => excesses.length > 0)
  return isBeyond ? ['--approve', plan.digest, '--because', 'the data are made up'] : []
}

function say(text: string): void {
  process.stdout.write(`\n${text}\n`)
}

/** Runs a command in the demo's directory, as one would at the prompt. Rejects when it fails. */
function zds(...args: readonly string[]): Promise<void> {
  process.stdout.write(`\n$ zds ${args.join(' ')}\n`)
  const env = { ...process.env, ...sandbox.env }
  const child = spawn(process.execPath, [join(root, 'bin/zds.js'), ...args], { cwd: directory, env, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`zds ${args.join(' ')} ended with ${code}`))))
  })
}
