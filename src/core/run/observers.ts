import { observersOf } from '../config/stages.ts'
import { messageOf } from '../errors.ts'
import type { Observer } from '../observer.ts'
import type { Run } from '../types.ts'
import { lendNothing, type Shared } from './shared.ts'

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
