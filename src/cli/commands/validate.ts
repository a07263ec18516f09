import { systemClock } from '../../core/clock.ts'
import { diagnosisOf, validate, type Diagnosis } from '../../core/answers/diagnose.ts'
import { lookOf, print, printDocument, tell } from '../output.ts'
import { loadWatched } from '../load-watched.ts'
import { written } from '../written.ts'
import { findingLines, findingsDocument } from '../render/findings.ts'

export type ValidateOptions = { config?: string; env?: string; asOf?: string; json?: true }

/**
 * `zds validate`: what can be known of the configuration and its files without a service, a
 * credential or a variable.
 */
export async function validateCommand(options: ValidateOptions, signal: AbortSignal): Promise<number> {
  return foundBy(options, signal, () => validated(options, signal))
}

async function validated({ asOf, ...options }: ValidateOptions, signal: AbortSignal): Promise<Diagnosis> {
  const { config, directory, file } = await loadWatched({ ...options, signal })
  process.chdir(directory)
  return validate({ config, clock: systemClock(asOf), signal, progress: onlyOnce() }, [written(file)])
}

/** Shows what `look` finds, and what keeps it from looking; 1 where something is an error. */
export async function foundBy(
  { json }: { json?: true },
  signal: AbortSignal,
  look: () => Promise<Diagnosis>,
): Promise<number> {
  const found = await look().catch((error: unknown) => {
    // Who is stopped has found nothing, good or bad.
    signal.throwIfAborted()
    return diagnosisOf(error, 'configuration')
  })
  const { paint, columns } = lookOf(true)
  if (json) printDocument(findingsDocument(found))
  else print(findingLines(found, paint, columns))
  return found.findings.some(({ level }) => level === 'error') ? 1 : 0
}

/** Tells each line on stderr, and none twice: several sources wait for one service. */
export function onlyOnce(): (message: string) => void {
  const told = new Set<string>()
  return (message) => {
    if (!told.has(message)) tell([message])
    told.add(message)
  }
}
