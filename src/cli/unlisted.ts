import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { SourceLook } from '../core/answers/diagnose.ts'
import { unusedIn } from '../core/config/unused.ts'

/** What a configuration makes and lists nowhere. */
export const unlisted = (file: string): SourceLook => ({
  name: 'configuration',
  sights: async function* () {
    for (const { name, line } of unusedIn(readFileSync(file, 'utf8'))) {
      const where = `${basename(file)}:${line}: ${name}`
      const hint = 'List it under sources, processors, targets or hooks, or remove it.'
      yield { level: 'warning', code: 'UNLISTED', where, message: 'is made, and nothing uses it', hint }
    }
  },
})
