import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { ZdsError } from '../../core/errors.ts'
import { loadWatched } from '../load-watched.ts'
import { withEmptyState } from '../mapping/desired.ts'
import { checkFixture, type FixtureResult } from '../mapping/check.ts'
import { readFixtures } from '../mapping/fixture.ts'
import { updateFixture } from '../mapping/update.ts'
import { lookOf, print, printDocument, warn } from '../output.ts'
import { mappingLines } from '../render/mapping.ts'

export type TestOptions = { config?: string; env?: string; update?: true; json?: true }

/** `zds test [FILES]`: what comes of given rows through the processors, held against what is expected. */
export async function testCommand(
  named: readonly string[],
  options: TestOptions,
  signal: AbortSignal,
): Promise<number> {
  const fixtures = await readFixtures(named.length > 0 ? named : found(), signal)
  const absolute = fixtures.map((fixture) => ({ ...fixture, path: resolve(fixture.file) }))
  const project = await loadWatched({ ...options, signal })
  process.chdir(project.directory)
  const left: string[] = []
  const results = await withEmptyState(project, signal, async (shared) => {
    const all: FixtureResult[] = []
    for (const { path, document, ...fixture } of absolute) {
      const { desired, ...result } = await checkFixture(fixture, shared)
      const differs = result.failures.length > 0
      if (options.update && differs && document)
        await updateFixture({ ...fixture, file: path, document }, { ...result, desired })
      else if (differs) left.push(result.file)
      all.push(result)
    }
    return all
  })
  if (options.json) printDocument({ files: results })
  else print(mappingLines(results, (file) => !left.includes(file), lookOf(true).paint))
  if (options.update && left.length > 0) warn(`--update changes no code: correct ${left.join(', ')} yourself`)
  return left.length === 0 ? 0 : 1
}

/** The files that are there, wherever below. */
function found(): string[] {
  const files = globSync('**/*.mapping.{yaml,ts}', { exclude: ['**/node_modules/**', '**/.zds/**'] })
  if (files.length > 0) return files.toSorted()
  throw new ZdsError('USAGE', 'There is no file *.mapping.yaml or *.mapping.ts here or below', {
    hint: 'Name the files, or write one from what a run has gathered: zds record KEY',
  })
}
