import { randomBytes } from 'node:crypto'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { messageOf, ZdsError } from '../core/errors.ts'
import { strangeness } from '../core/state/private.ts'

/**
 * Writes a file that nobody else may read, also where it was there before and others could
 * (OPS-08). It is whole or as it was before, and no link is followed: it is written beside it first.
 */
export async function writePrivately(file: string, text: string | Iterable<string>): Promise<void> {
  await refuseStrange(file)
  const beside = `${file}.${randomBytes(6).toString('hex')}.partial`
  try {
    const handle = await open(beside, 'wx', 0o600)
    try {
      await handle.chmod(0o600)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/**
 * Throws USAGE where something is there that is no ordinary file of this user: a device, a pipe, a
 * link. It is left as it is.
 */
export async function refuseStrange(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined)
  const strange = found && strangeness(found, 'file')
  if (strange === undefined) return
  throw new ZdsError('USAGE', `${file} ${strange}, so nothing is written there`, {
    hint: 'Give the name of a file of yours, or one that is not there yet.',
  })
}

/** Known before the work, where it can be. */
export const unsaved =
  (file: string) =>
  (cause: unknown): never => {
    if (cause instanceof ZdsError) throw cause
    throw new ZdsError('FILE_NOT_FOUND', `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint: 'Give the name of a file in a directory that exists and may be written to.',
    })
  }
