import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

// JavaScript, as is what starts zds: to read the types out of one file before anything is kept takes
// Node as long as all the rest of a start.

/**
 * Keeps compiled code for the next start, where nobody else can write: what lies there is run.
 * Node's own place is in the temporary folder, where any user of the machine may be first. Without
 * a safe place nothing is kept.
 */
export function keepCompiled() {
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

/**
 * Where programs keep what they can make again, for this user.
 *
 * @param {Pick<NodeJS.Process, 'platform' | 'env'>} process
 */
function userCaches({ platform, env }) {
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  return env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
}

/**
 * A directory of this user, no link, without any of the rights in `others`. On Windows the place
 * itself is the user's.
 *
 * @param {string} directory
 * @param {number} others
 */
function isOurs(directory, others) {
  const found = lstatSync(directory)
  const safe = process.getuid === undefined || (found.uid === process.getuid() && (found.mode & others) === 0)
  return found.isDirectory() && safe
}
