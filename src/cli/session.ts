import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import type { LoadOptions, Project } from '../core/config/load.ts'
import { openEngine, type Engine } from '../core/engine.ts'
import { loadWatched } from './load-watched.ts'
import { tell, warn } from './output.ts'
import { variablesLine } from './render/variables.ts'

/** What a command works with: the configuration, and the engine that runs it. */
export type Session = { readonly project: Project; readonly engine: Engine }

/**
 * Loads the configuration, opens its state, and closes it after `work`. Relative paths of the
 * configuration count from its directory, whatever the caller's is.
 */
export async function inSession<Result>(
  options: LoadOptions & { readonly asOf?: string },
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const clock = systemClock(options.asOf)
  const project = await loadWatched({ ...options, signal })
  if (project.variables) tell([variablesLine(project.variables)])
  process.chdir(project.directory)
  const { config, fingerprint } = project
  const engine = await openEngine({
    config,
    fingerprint,
    directory: join(project.directory, '.zds'),
    clock,
    signal,
    warn,
  })
  try {
    return await work({ project, engine })
  } finally {
    await engine.close()
  }
}
