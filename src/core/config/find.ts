import { resolve } from 'node:path'
import type { CosmiconfigResult, Options } from 'cosmiconfig'
import * as inner from 'cosmiconfig/dist/Explorer.js'

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
 * is not run, and an empty one is found as well: the one above it is another project's.
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
  return found?.filepath
}
