import { realpathSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ZdsError } from '../errors.ts'
import { ownDirectory, ownManifest } from '../package.ts'

/** How long a configuration may take, in milliseconds: it declares, and waits for nothing. */
export const LOADING_MS = 30_000

/** What was imported, and the files that it is made of, those of zds and what it loads aside. */
export type LoadedModule = { readonly module: unknown; readonly files: readonly string[] }

/** What earlier imports of a file found: Node loads each once. */
const known = new Map<string, readonly string[]>()

/**
 * Imports a file that people write. Rejects where it is not done in time, and where `signal`
 * aborts.
 */
export async function importWatched(file: string, ms: number, signal: AbortSignal): Promise<LoadedModule> {
  // Node knows modules by where links lead to.
  const files = new Set([realpathSync(file)])
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      const [from, to] = [pathOf(context.parentURL), pathOf(found.url)]
      if (from !== undefined && to !== undefined && files.has(from) && !isOwn(to)) files.add(to)
      return found
    },
  })
  try {
    const module: unknown = await inTime(import(pathToFileURL(file).href), file, ms, signal)
    const all = known.get(file) ?? [...files]
    known.set(file, all)
    return { module, files: all }
  } finally {
    hooks.deregister()
  }
}

async function inTime<T>(work: Promise<T>, file: string, ms: number, signal: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>()
  const late = new ZdsError('CONFIG_BROKEN', `${file} was not loaded in ${ms / 1000} s`, {
    hint: 'It waits for something: see what it awaits.',
  })
  const timer = setTimeout(() => over.reject(late), ms)
  const stop = (): void => over.reject(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

const pathOf = (url = ''): string | undefined => (url.startsWith('file:') ? fileURLToPath(url) : undefined)

/**
 * Ours, and what is installed for us: which of it is loaded already when a configuration comes is a
 * matter of chance, and our version says what it is.
 */
function isOwn(path: string): boolean {
  const [folder = ''] = relative(ownDirectory(), path).split(sep)
  if (['src', 'plugins', 'dist', 'node_modules'].includes(folder)) return true
  const { dependencies, peerDependencies = {} } = ownManifest()
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  return installed.some((name) => path.includes(join(sep, 'node_modules', name, sep)))
}
