import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { onTerminal } from '../cli/scratch.ts'
import { page, ROOT } from '../docs/pages.ts'
import { project, type Project } from '../support/zds.ts'

const ANSWERS = 'docs/answers.md'
const AS_OF = '2026-03-16'
/** The one of the page: a plan's own tells of the ports of its sandbox too. */
const DIGEST = 'b859ef0466efdb8c4b9cca251bc49002654124590a913f84c1e5afc43a631ea7'

let sandbox: Sandbox
let here: Project

beforeAll(async () => {
  sandbox = await startSandbox({ world: generateWorld({ accounts: 60, asOf: AS_OF }) })
  here = project(sandbox.env)
  commit(here.directory)
  await here.zds('plan', '--as-of', AS_OF)
}, 120_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

/** The project as it is in a repository, before the page edits it. */
function commit(directory: string): void {
  const git = (...args: readonly string[]): void => {
    execFileSync('git', args, { cwd: directory, stdio: 'ignore' })
  }
  git('init', '--initial-branch=main')
  git('add', 'sync.config.ts', 'data')
  git('-c', 'user.name=a', '-c', 'user.email=a@company.example', 'commit', '-m', 'before')
}

/** What a command prints on a terminal of 80 columns; runs and moments are those of the page. */
async function printed(command: string): Promise<string> {
  const { ended } = onTerminal(here, { ...sandbox.env, NO_COLOR: '1' }, command.replace(/^zds /, ''), '2> /dev/null')
  const { code, stdout } = await ended
  expect(code, `${command}\n${stdout}`).toBe(0)
  return stdout
    .replaceAll('\r\n', '\n')
    .replaceAll(/\d{8}T\d{6}-[\da-f]{6}/g, '20260316T083000-1a2b3c')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-03-16T08:30:00.000Z')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-03-16 08:30:00')
    .replaceAll(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:41001')
    .replaceAll(/(?<=[Dd]igest )[\da-f]{64}/g, DIGEST)
    .replaceAll(/(?<=digest | {2})[\da-f]{12}(?=\)|$)/gm, DIGEST.slice(0, 12))
}

/** The page with what its commands print now, its files put in their place on the way. */
async function rendered(text: string): Promise<string> {
  const parts: string[] = []
  for (const part of text.split(/^(```(?:console|yaml)\n[\s\S]*?^```$)/m)) {
    const [, language, body = ''] = /^```(console|yaml)\n([\s\S]*?)^```$/m.exec(part) ?? []
    if (language === 'yaml') writeFileSync(join(here.directory, 'data/overrides.yaml'), body)
    parts.push(language === 'console' ? await ran(body) : part)
  }
  return parts.join('')
}

async function ran(block: string): Promise<string> {
  const lines: string[] = []
  for (const [, command = ''] of block.matchAll(/^\$ (.+)$/gm)) lines.push(`$ ${command}\n${await printed(command)}`)
  return `\`\`\`console\n${lines.join('')}\`\`\``
}

// `npx vitest -u --project answers test/answers/answers.test.ts` writes the page anew.
test('every command of docs/answers.md prints what the page shows', async () => {
  await expect(await rendered(page(ANSWERS).text)).toMatchFileSnapshot(join(ROOT, ANSWERS))
}, 240_000)
