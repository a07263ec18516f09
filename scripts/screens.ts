/**
 * `npm run docs:screens`: what commands show on a terminal, on the sandbox, as pictures in
 * `docs/screens`. They are the same on every machine and day: test/answers/screens.test.ts.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { generateWorld, startSandbox } from 'zds/sandbox'
import { ROOT } from './build.ts'
import { svgOf } from './svg.ts'

const AS_OF = '2026-03-16'
const COLUMNS = 88

/** Each picture, and the command that it shows; of stderr a picture has nothing. */
const SCREENS = {
  plan: `plan --as-of ${AS_OF}`,
  explain: 'explain "Harbor Energie Ltd" support_level --sync global --from last',
  apply: `apply --yes --as-of ${AS_OF}`,
  doctor: 'doctor',
} as const

/** Writes all pictures into a directory. */
export async function takeScreens(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const sandbox = await startSandbox({ world: generateWorld({ accounts: 300, asOf: AS_OF }) })
  const here = mkdtempSync(join(ROOT, 'test/.tmp-screens-'))
  try {
    cpSync(join(ROOT, 'sync.config.ts'), join(here, 'sync.config.ts'))
    cpSync(join(ROOT, 'data'), join(here, 'data'), { recursive: true })
    for (const [name, command] of Object.entries(SCREENS)) {
      const shown = settled(await shownBy(command, here, sandbox.env))
      writeFileSync(join(directory, `${name}.svg`), svgOf(`zds ${command}`, shown.split('\n'), COLUMNS))
    }
  } finally {
    rmSync(here, { recursive: true, force: true })
    await sandbox.close()
  }
}

/** What a command prints on a terminal, by `script` of util-linux. */
async function shownBy(command: string, cwd: string, sandbox: { readonly [name: string]: string }): Promise<string> {
  const zds = `stty cols ${COLUMNS}; exec ${process.execPath} ${join(ROOT, 'bin/zds.js')} ${command} 2> /dev/null`
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm-256color', ...sandbox }
  const child = spawn('script', ['--quiet', '--command', zds, '/dev/null'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return textOf(child.stdout)
}

/** Without what differs from one machine to the next: ports, runs, moments, digests. */
function settled(shown: string): string {
  return shown
    .replaceAll('\r', '')
    .replaceAll(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:41001')
    .replaceAll(/\d{8}T\d{6}-[\da-f]{6}/g, '20260316T083000-1a2b3c')
    .replaceAll(/(?<=digest )[\da-f]{12}/g, '8f6fcba5841d')
    .replaceAll(/(?<=requests: )\d+/g, '690')
    .trimEnd()
}

if (import.meta.main) {
  await takeScreens(join(ROOT, 'docs/screens'))
  execFileSync('git', ['status', '--short', 'docs/screens'], { cwd: ROOT, stdio: 'inherit' })
}
