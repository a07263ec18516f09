import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { SourceLook } from '../core/answers/diagnose.ts'
import { unusedIn } from './unused.ts'
import { repeatedIn } from './repeated.ts'

/** What the text of a configuration tells and nothing else: what is listed nowhere, and what stands there twice. */
export const written = (file: string): SourceLook => ({
  name: 'configuration',
  sights: async function* () {
    const text = readFileSync(file, 'utf8')
    const warning = (line: number, name: string) =>
      ({ level: 'warning', where: `${basename(file)}:${line}: ${name}` }) as const
    for (const { name, line } of unusedIn(text)) {
      const hint = 'List it under sources, processors, targets or hooks, or remove it.'
      yield { ...warning(line, name), code: 'UNLISTED', message: 'is made, and nothing uses it', hint }
    }
    for (const { name, line, before } of repeatedIn(text)) {
      const message = `is in line ${before} of the same object already, and only this one counts`
      yield { ...warning(line, name), code: 'REPEATED', message, hint: 'Remove one of them.' }
    }
  },
})
