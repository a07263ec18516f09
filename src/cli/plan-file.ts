import { open, stat } from 'node:fs/promises'
import { ZdsError } from '../core/errors.ts'
import { isSealed } from '../core/plan/seal.ts'

/** How a plan document and its summary begin, whole or broken off. */
const PLAN = /^\s*\{\s*"version":\s*\d+,\s*"(?:createdAt|asOf)":/

/**
 * Throws USAGE where `file` is there and is no plan: `--out` replaces only what it may have
 * written. A pipe or a device is nothing to lose.
 */
export async function refuseToReplace(file: string): Promise<void> {
  const start = await startOf(file)
  if (start === undefined || start.trim() === '' || PLAN.test(start) || isSealed(start)) return
  throw new ZdsError('USAGE', `${file} is there already and is no plan, so it is not replaced`, {
    hint: 'Give --out another name, or move the file away.',
  })
}

const START = 200

/** The first characters of a file; undefined where there is none, or no ordinary one. */
async function startOf(file: string): Promise<string | undefined> {
  // A pipe is not opened: that would wait for whoever writes into it.
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) return undefined
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START), 0, START, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
