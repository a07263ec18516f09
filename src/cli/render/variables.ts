import { relative } from 'node:path'
import type { Variables } from '../../core/config/env-file.ts'
import { plain } from './text.ts'

/** Which variables a file gave, and which of it the environment has too; names only. */
export function variablesLine({ file, given, outvoted }: Variables): string {
  const wins = outvoted.length === 0 ? '' : `; the environment wins with ${outvoted.join(', ')}`
  return plain(`${relative('', file)} gives ${given.join(', ') || 'nothing'}${wins}`)
}
