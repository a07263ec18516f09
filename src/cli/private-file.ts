import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
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
async function refuseStrange(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined)
  const strange = found && strangeness(found, 'file')
  if (strange === undefined) return
  throw new ZdsError('USAGE', `${file} ${strange}, so nothing is written there`, {
    hint: 'Give the name of a file of yours, or one that is not there yet.',
  })
}

/** What an option writes, and how a file begins that may be one of an earlier time. */
export type Replaced = { readonly isOurs: (start: string) => boolean; readonly kind: string; readonly option: string }

/** Throws USAGE where something is there that zds cannot have written: a slip in a name destroys nothing. */
export async function refuseOthers(file: string, { isOurs, kind, option }: Replaced): Promise<void> {
  await refuseStrange(file)
  const start = await startOf(file)
  if (start === undefined || start.trim() === '' || isOurs(start)) return
  throw new ZdsError('USAGE', `${file} is there already and is no ${kind}, so it is not replaced`, {
    hint: `Give ${option} another name, or move the file away.`,
  })
}

const START = 200

/** The first characters of a file; undefined where there is none. */
async function startOf(file: string): Promise<string | undefined> {
  const handle = await open(file, READ).catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START), 0, START, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** No link is followed, and no pipe waited for. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

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
