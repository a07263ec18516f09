import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ZdsError } from '../../core/errors.ts'

/** Texts by the path that they are written to. */
export type Files = { readonly [path: string]: string }

/**
 * Writes files below a directory, except those that are there and may `stay`; returns those. Throws
 * USAGE, and writes nothing, where others are there: all are named at once.
 */
export function writeFiles(directory: string, files: Files, stay: (path: string) => boolean): string[] {
  const there = Object.keys(files).filter((path) => existsSync(join(directory, path)))
  const issues = there
    .filter((path) => !stay(path))
    .map((where) => ({ code: 'USAGE', where, message: 'is there already, and is not replaced' }))
  if (issues.length > 0) {
    const hint = 'Move them away, or leave them as they are and write the others: --keep'
    throw new ZdsError('USAGE', 'Nothing was written, as files are in the way', { issues, hint })
  }
  for (const [path, text] of Object.entries(files)) if (!there.includes(path)) write(join(directory, path), text)
  return there
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  // Not even one that came to be there a moment ago.
  writeFileSync(file, text, { flag: 'wx' })
}
