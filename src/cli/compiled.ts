import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Keeps compiled code for the next start, where nobody else can write: what lies there is run.
 * Node's own place is in the temporary folder, where any user of the machine may be first. Without
 * a safe place nothing is kept.
 */
export function keepCompiled(): void {
  try {
    const own = join(userCaches(process), 'zds')
    const compiled = join(own, 'compiled')
    mkdirSync(compiled, { recursive: true, mode: 0o700 })
    const caches = realpathSync(dirname(own)) // which people like to keep on another disk
    if (isOurs(caches, 0o022) && isOurs(own, 0o077) && isOurs(compiled, 0o077)) enableCompileCache(compiled)
  } catch {
    // A read-only disk, a user without a home: it starts a little slower.
  }
}

/** Where programs keep what they can make again, for this user. */
function userCaches({ platform, env }: Pick<NodeJS.Process, 'platform' | 'env'>): string {
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  return env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
}

/**
 * A directory of this user, no link, without any of the rights in `others`. On Windows the place
 * itself is the user's.
 */
function isOurs(directory: string, others: number): boolean {
  const found = lstatSync(directory)
  const safe = process.getuid === undefined || (found.uid === process.getuid() && (found.mode & others) === 0)
  return found.isDirectory() && safe
}
