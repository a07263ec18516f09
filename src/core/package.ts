import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ZdsError } from './errors.ts'

type Manifest = {
  readonly version: string
  /**
   * The packages that only one part needs, by the folder of the part: who does without it does
   * without them.
   */
  readonly optionalFor: { readonly [part: string]: readonly string[] }
  readonly dependencies: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
}

const ROOT = new URL('../../', import.meta.url)

/** Where this zds is installed. */
export const ownDirectory = (): string => resolve(fileURLToPath(ROOT))

let manifest: Manifest | undefined

/** What the package says of itself. */
export const ownManifest = (): Manifest =>
  (manifest ??= JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as Manifest) // our own package.json

/**
 * Of an import that found no package of an optional part: what to install. Undefined for anything
 * else.
 */
export function packageMissing(cause: unknown): ZdsError | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ERR_MODULE_NOT_FOUND') return undefined
  const [, name = '', from = ''] = /^Cannot find package '([^']+)' imported from (.+)/.exec(cause.message) ?? []
  const { optionalFor, peerDependencies = {} } = ownManifest()
  const importer = from.replaceAll('\\', '/')
  const found = Object.entries(optionalFor).find(([one, all]) => importer.includes(`/${one}/`) && all.includes(name))
  if (found === undefined) return undefined
  const [part, all] = found
  const wanted = all.map((one) => `${one}@${/\d+/.exec(peerDependencies[one] ?? '')?.[0] ?? 'latest'}`)
  return new ZdsError('PACKAGE_MISSING', `zds/${part} needs ${name}: npm install ${wanted.join(' ')}`, { cause })
}

/**
 * For an import of what may not be installed: `await import('…').catch(notInstalled)` says what to
 * install.
 */
export function notInstalled(cause: unknown): never {
  throw packageMissing(cause) ?? cause
}
