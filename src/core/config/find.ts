import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { CosmiconfigResult, Options } from 'cosmiconfig'
import * as inner from 'cosmiconfig/dist/Explorer.js'
import { ZdsError } from '../errors.ts'

/** The names that a configuration may have, and no other: what is found here is run. */
export const PLACES = ['sync.config.ts', 'sync.config.mts', 'sync.config.js', 'sync.config.mjs']

type Explorer = { search(from: string): Promise<CosmiconfigResult> }

/**
 * The explorer of cosmiconfig by itself: its entry lets a file of the working directory
 * (`.config/config.js`, `package.json`) add places to search, and runs it to know them.
 */
const { Explorer } = inner as unknown as {
  Explorer: new (options: Required<Omit<Options, 'packageProp' | 'stopDir'>> & { moduleName: string }) => Explorer
} // it has no types of its own; what it is given is what its entry gives it

/**
 * The nearest configuration from `directory` up to the root of its project, where npm has its. It
 * is not run, and an empty one is found as well: the one above it is another project's. Throws
 * CONFIG_INVALID where two of these names are there, and nobody can tell which one is meant.
 */
export async function nearestConfig(directory: string): Promise<string | undefined> {
  const explorer = new Explorer({
    moduleName: 'sync',
    searchPlaces: PLACES,
    searchStrategy: 'project',
    loaders: Object.fromEntries(['.ts', '.mts', '.js', '.mjs'].map((ending) => [ending, () => true])),
    ignoreEmptySearchPlaces: false,
    cache: false,
    transform: (found) => found,
    mergeImportArrays: false,
    mergeSearchPlaces: false,
  })
  const found = await explorer.search(resolve(directory))
  if (found !== null) assertAlone(found.filepath)
  return found?.filepath
}

function assertAlone(file: string): void {
  const there = PLACES.filter((name) => existsSync(join(dirname(file), name)))
  if (there.length < 2) return
  throw new ZdsError('CONFIG_INVALID', `${dirname(file)} has ${there.join(' and ')}`, {
    hint: `Remove the one that is not meant, or name the other: --config ${basename(file)}`,
  })
}
