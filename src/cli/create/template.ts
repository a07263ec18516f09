import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownDirectory } from '../../core/package.ts'

/** The text of a file that the package brings to be copied. */
export const template = (path: string): string => readFileSync(join(ownDirectory(), 'templates', path), 'utf8')

/** The text of a file of the reference configuration, which the package has in a folder of its own. */
export function reference(path: string): string {
  const packed = join(ownDirectory(), 'reference', path)
  return readFileSync(existsSync(packed) ? packed : join(ownDirectory(), path), 'utf8')
}
