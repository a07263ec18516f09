import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { ZdsError } from '../errors.ts'
import { artifactsIn } from '../state/artifacts.ts'
import type { Artifacts } from '../state/state.ts'
import { summaryIn } from './inputs.ts'

/**
 * The artifacts in a directory that people and CI systems carry around, file by file: at the end of
 * its rows ARTIFACT_MISFIT is thrown where they are not those that its summary speaks of (SAFE-02).
 */
export function carriedIn(directory: string): Artifacts {
  const artifacts = artifactsIn(resolve(directory))
  return {
    ...artifacts,
    read: async function* (name) {
      const digest = (await summaryIn(artifacts, name))?.digest
      const hash = createHash('sha256')
      for await (const row of artifacts.read(name)) {
        if (digest !== undefined) hash.update(`${JSON.stringify(row)}\n`)
        yield row
      }
      if (digest !== undefined && hash.digest('hex') !== digest)
        throw new ZdsError('ARTIFACT_MISFIT', `The rows of ${name} in ${directory} are not those of its summary`, {
          hint: 'Copy both of its files together, or run its stage again.',
        })
    },
  }
}
