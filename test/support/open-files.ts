import { readdirSync, readlinkSync } from 'node:fs'

/** How many files below a directory this process has open; those of other tests are elsewhere. */
export const openBelow = (directory: string): number => pathsOpen().filter((path) => path.startsWith(directory)).length

function pathsOpen(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return [] // closed meanwhile, as the one that lists them is
    }
  })
}
