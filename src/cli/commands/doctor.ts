import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { diagnose, type Asking, type Diagnosis } from '../../core/answers/diagnose.ts'
import { loadWatched } from '../load-watched.ts'
import { tell, widthOfErrors } from '../output.ts'
import { typesDrift } from '../types/drift.ts'
import { written } from '../written.ts'
import { variablesLine } from '../render/variables.ts'
import { wrapped } from '../render/text.ts'
import { foundBy, onlyOnce } from './validate.ts'

export type DoctorOptions = { config?: string; env?: string; json?: true }

/**
 * `zds doctor`: looks at every service that a run needs, and tells all that is well and all that is
 * not.
 */
export async function doctorCommand(options: DoctorOptions, signal: AbortSignal): Promise<number> {
  return foundBy(options, signal, () => diagnosed(options, signal))
}

async function diagnosed(options: DoctorOptions, signal: AbortSignal): Promise<Diagnosis> {
  const { asking, directory, file } = await askingFor(options, signal, true)
  return diagnose(asking, join(directory, '.zds'), [written(file), typesDrift(asking)])
}

/** What a look at the services needs; it tells which variables a file gave, `all` by name. */
export async function askingFor(
  options: { config?: string; env?: string },
  signal: AbortSignal,
  all = false,
): Promise<{ asking: Asking; directory: string; file: string }> {
  const { config, directory, file, variables } = await loadWatched({ ...options, signal })
  if (variables) tell(wrapped(variablesLine(variables, all), widthOfErrors()))
  process.chdir(directory)
  return { asking: { config, clock: systemClock(), signal, progress: onlyOnce() }, directory, file }
}
