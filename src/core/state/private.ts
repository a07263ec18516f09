import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { ZdsError } from '../errors.ts'

/**
 * Makes a directory that only its owner may enter, also where others could before (OPS-08). Throws
 * STATE_INVALID for a link, a file, and what belongs to another user, or to all.
 */
export function privateDirectory(path: string): void {
  keepPrivate(path, 'directory')
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

/** The same for what may be there already, or not. */
export function keepPrivate(path: string, meant: 'directory' | 'file'): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  const strange = strangeness(found, meant)
  if (strange === undefined) return chmodSync(path, meant === 'file' ? 0o600 : 0o700)
  throw new ZdsError('STATE_INVALID', `${path} ${strange}, so nothing is kept there`, {
    hint: 'What zds keeps is its own, and nobody else may put it there: move it away, or run as its owner.',
  })
}

/** What the system says of something on the disk; the types of the package name none of Node. */
type OnDisk = {
  readonly uid: number
  readonly mode: number
  isSymbolicLink(): boolean
  isDirectory(): boolean
  isFile(): boolean
}

/** A directory in which everybody puts what is theirs, as /tmp is: to close it would lock them out. */
const STICKY = 0o1000

/** Why something on the disk is not what this user has put there, or undefined. */
export function strangeness(found: OnDisk, meant: 'directory' | 'file'): string | undefined {
  if (found.isSymbolicLink()) return 'is a link'
  if (meant === 'directory' ? !found.isDirectory() : !found.isFile()) return `is no ordinary ${meant}`
  if (meant === 'directory' && (found.mode & STICKY) !== 0) return 'is for everybody'
  return process.getuid === undefined || found.uid === process.getuid() ? undefined : 'belongs to another user'
}
