import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The names that a configuration may have, and no other: what is found here is run. */
export const PLACES = ['sync.config.ts', 'sync.config.mts', 'sync.config.js', 'sync.config.mjs']

/** The nearest configuration from `directory` up to the root of its project, where npm has its. */
export function nearestConfig(directory: string): string | undefined {
  const found = PLACES.map((name) => join(directory, name)).find(isFile)
  const above = dirname(directory)
  const isRoot = existsSync(join(directory, 'package.json')) || above === directory
  return found ?? (isRoot ? undefined : nearestConfig(above))
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true
