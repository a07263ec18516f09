import type { Config } from '../config/define.ts'
import { observersOf } from '../config/stages.ts'
import { messageOf } from '../errors.ts'
import type { Observer } from '../observer.ts'
import type { Run } from '../types.ts'
import { lendNothing, type Shared } from './shared.ts'

/**
 * Lets the observers listen until the function that is returned is called. One that cannot is a
 * warning.
 */
export async function listen(config: Config, warn: (message: string) => void): Promise<() => Promise<void>> {
  const endings: (() => Promise<void>)[] = []
  for (const [name, observer] of observersOf(config)) {
    const warnOf = (message: string): void => warn(`${name}: ${message}`)
    const tried = async <Result>(work: () => Promise<Result> | undefined): Promise<Result | undefined> => {
      try {
        return await work()
      } catch (error) {
        warnOf(messageOf(error))
        return undefined
      }
    }
    const end = await tried(() => observer.listen?.(warnOf))
    if (end) endings.push(() => tried(end))
  }
  return async () => void (await Promise.all(endings.map((end) => end())))
}

/** Whoever has stopped a run waits no longer than this for its observers. */
const STOPPED_MS = 5_000

/**
 * Tells the observers, and returns what they had to say. One that fails is a warning, never a
 * failed run: a dead chat must not stop a sync. They are told of a run that was stopped, too.
 */
export async function tellObservers(
  event: (observer: Observer, run: Run) => Promise<void> | undefined,
  { config, clock, signal }: Shared,
): Promise<readonly string[]> {
  const warnings: string[] = []
  let stopped: AbortSignal | undefined
  for (const [name, observer] of observersOf(config)) {
    const warn = (message: string): void => void warnings.push(`${name}: ${message}`)
    // Whoever stops the run may do so while one of them is told.
    if (signal.aborted) stopped ??= AbortSignal.timeout(STOPPED_MS)
    try {
      await event(observer, lendNothing({ clock, signal: stopped ?? signal }, name, warn))
    } catch (error) {
      warn(messageOf(error))
    }
  }
  return warnings
}
