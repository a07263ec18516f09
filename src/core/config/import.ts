import { realpathSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf, ZdsError } from '../errors.ts'
import { ownDirectory, ownManifest } from '../package.ts'

/** How long a configuration may take, in milliseconds: it declares, and waits for nothing. */
export const LOADING_MS = 30_000

/** What was imported, and the files that it is made of, those of zds and what it loads aside. */
export type LoadedModule = { readonly module: unknown; readonly files: readonly string[] }

/** What imports of a file found: Node loads each once. */
const known = new Map<string, Set<string>>()

/**
 * Imports a file that people write. Rejects where it is not done in time, and where `signal`
 * aborts.
 */
export async function importWatched(file: string, ms: number, signal: AbortSignal): Promise<LoadedModule> {
  // Node knows modules by where links lead to.
  const files = known.get(file) ?? new Set([realpathSync(file)])
  known.set(file, files)
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context)
      const [from, to] = [pathOf(context.parentURL), pathOf(found.url)]
      if (files.has(from) && to !== '' && !isOwn(to)) files.add(to)
      return found
    },
  })
  try {
    const module: unknown = await inTime(import(pathToFileURL(file).href), file, ms, signal)
    return { module, files: [...files] }
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

/**
 * What a file that was imported throws where nobody waits for it, in a timer or in a promise, while
 * it is loaded or later: CONFIG_BROKEN with its line. Undefined for what anything else throws.
 */
export function brokenBy(cause: unknown): ZdsError | undefined {
  if (!(cause instanceof Error) || cause instanceof ZdsError) return undefined
  const [, url, line] = /\bat .*?(file:\S+?):(\d+):\d+/.exec(cause.stack ?? '') ?? []
  const file = pathOf(url)
  if (!known.values().some((files) => files.has(file))) return undefined
  const message = `${file} throws where nobody waits for it: ${messageOf(cause)} (line ${line})`
  return new ZdsError('CONFIG_BROKEN', message, { cause, hint: 'Await what it begins, or leave it out.' })
}

/** The path of a file; '' for what is none. */
const pathOf = (url = ''): string => (url.startsWith('file:') ? fileURLToPath(url) : '')

/**
 * Ours, and what is installed for us: which of it is loaded already when a configuration comes is a
 * matter of chance, and our version says what it is.
 */
export function isOwn(path: string): boolean {
  const [folder = ''] = relative(ownDirectory(), path).split(sep)
  if (['src', 'plugins', 'dist', 'node_modules'].includes(folder)) return true
  const { dependencies, peerDependencies = {} } = ownManifest()
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  return installed.some((name) => path.includes(join(sep, 'node_modules', name, sep)))
}
