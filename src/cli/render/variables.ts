import { relative } from 'node:path'
import type { Variables } from '../../core/config/env-file.ts'
import { plain } from './text.ts'

/** So many names are told one by one; `zds doctor` tells all. */
const FEW = 3

/** Which variables a file gave, and which of it the environment has too; names only. */
export function variablesLine({ file, given, outvoted }: Variables, all = false): string {
  const told = (names: readonly string[]): string =>
    all || names.length <= FEW ? names.join(', ') : `${names.length} variables`
  const wins = outvoted.length === 0 ? '' : `; the environment wins with ${told(outvoted)}`
  return plain(`${relative('', file)} gives ${told(given) || 'nothing'}${wins}`)
}
