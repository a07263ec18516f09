import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { blocksOf, page, ROOT, type Block } from '../docs/pages.ts'
import { project } from './zds.ts'

/** What a page shows after a command, and what the command has said. */
type Shown = { readonly block: Block; readonly said: string }

/**
 * Does what a page says, block by block, in a directory of its own: commands by a shell, changes of
 * the configuration, a sandbox that stays until another one is started. `DIGEST` is that of the
 * newest plan.
 */
export async function follow(path: string): Promise<readonly Shown[]> {
  const here = project({})
  const config = join(here.directory, 'sync.config.ts')
  let sandbox: ChildProcess | undefined
  let said = ''
  const shown: Shown[] = []
  try {
    for (const block of blocksOf(page(path))) {
      if (block.language === 'diff') writeFileSync(config, changedBy(readFileSync(config, 'utf8'), block))
      if (block.language === 'console') shown.push({ block, said })
      if (block.language !== 'sh') continue
      said = ''
      for (const line of block.text.trim().split('\n')) {
        if (!line.startsWith('npx zds sandbox'))
          said += await ran(line.replace('DIGEST', digestIn(said, shown)), here.directory)
        else {
          sandbox?.kill()
          sandbox = await started(line, here.directory)
        }
      }
    }
    return shown
  } finally {
    sandbox?.kill()
    here.remove()
  }
}

/** Throws where a line that stays or goes is not there, or not there once. */
export function changedBy(text: string, { text: diff, page: path, line }: Block): string {
  const side = (mark: string): string =>
    diff
      .split('\n')
      .filter((one) => one.startsWith(' ') || one.startsWith(mark))
      .map((one) => `${one.slice(1)}\n`)
      .join('')
  const parts = text.split(side('-'))
  if (parts.length !== 2) throw new Error(`${path}, line ${line}: sync.config.ts holds this ${parts.length - 1} times`)
  return parts.join(side('+'))
}

const digestIn = (...texts: readonly unknown[]): string =>
  /--approve ([0-9a-f]+)/.exec(JSON.stringify(texts))?.[1] ?? 'DIGEST'

/** A shell in which `npx zds` is this zds. */
function shell(line: string, cwd: string): ChildProcess {
  const bin = join(cwd, '.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(ROOT, 'bin/zds.js')}' "$@"\n`)
  chmodSync(join(bin, 'npx'), 0o755)
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: cwd, NO_COLOR: '1' }
  return spawn('sh', ['-c', line.startsWith('npx zds sandbox') ? `exec ${line}` : line], { cwd, env, stdio: 'pipe' })
}

async function ran(line: string, cwd: string): Promise<string> {
  const child = shell(line, cwd)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text))
  await new Promise((resolve) => child.on('close', resolve))
  return said
}

async function started(line: string, cwd: string): Promise<ChildProcess> {
  rmSync(join(cwd, '.env'), { force: true })
  const child = shell(line, cwd)
  for (let left = 600; left > 0 && !existsSync(join(cwd, '.env')); left -= 1) await wait(50)
  return child
}
