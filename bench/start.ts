/**
 * The start of commands beside that of `node -e 0`, in turn, with compiled code kept from a start
 * before. What counts is the quickest of some: whatever else the machine does only adds to it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROUNDS = 15
const ZDS = join(import.meta.dirname, '../bin/zds.js')
const COMMANDS: { readonly [name: string]: readonly string[] } = {
  'node -e 0': ['-e', '0'],
  'zds --help': [ZDS, '--help'],
  'zds plan --help': [ZDS, 'plan', '--help'],
  'zds graph': [ZDS, 'graph'],
  'zds validate': [ZDS, 'validate'],
}

const best = new Map<string, number>()
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, args] of Object.entries(COMMANDS)) {
    const began = performance.now()
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${name} failed: ${stderr}`)
    best.set(name, Math.min(best.get(name) ?? Infinity, performance.now() - began))
  }
const node = best.get('node -e 0') ?? 1
for (const [name, ms] of best)
  process.stdout.write(`${name.padEnd(16)}${ms.toFixed(0).padStart(5)} ms  ${(ms / node).toFixed(1).padStart(5)}\n`)
