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
    const end = await observer.listen?.(warnOf).catch((error: unknown) => warnOf(messageOf(error)))
    if (end) endings.push(() => end().catch((error: unknown) => warnOf(messageOf(error))))
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
  const lasting = signal.aborted ? AbortSignal.timeout(STOPPED_MS) : signal
  for (const [name, observer] of observersOf(config)) {
    const warn = (message: string): void => void warnings.push(`${name}: ${message}`)
    try {
      await event(observer, lendNothing({ clock, signal: lasting }, name, warn))
    } catch (error) {
      warn(messageOf(error))
    }
  }
  return warnings
}
