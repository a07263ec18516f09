import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The first name that a run may have that begins at `moment`: names of runs begin with theirs. */
export function runsFrom(moment: Date): string {
  return moment.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
}

/**
 * Removes what stopped processes left in a directory: parts of a sort, what was computed from an
 * earlier run, half an artifact, plans of `zds undo`.
 */
export async function clearScratch(directory: string, before: Date): Promise<void> {
  for (const name of (await namesIn(directory)).filter((one) => /^(sort|undo|from|base)-|\.partial$/.test(one))) {
    const found = await stat(join(directory, name)).catch(() => undefined) // whose process has removed it just now
    if (found !== undefined && found.mtime < before) await rm(join(directory, name), { recursive: true, force: true })
  }
}

/** What is in a directory; nothing where there is none. */
export const namesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => [])
