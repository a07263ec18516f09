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
    const tried = <Result>(work: () => Promise<Result> | undefined): Promise<Result | undefined> =>
      Promise.try(work).catch((error: unknown) => {
        warnOf(messageOf(error))
        return undefined
      })
    const end = await tried(() => observer.listen?.(warnOf))
    if (end) endings.push(() => tried(end))
  }
  return async () => void (await Promise.all(endings.map((end) => end())))
}

/**
 * So long a run waits for each of its observers, which their services may ask to wait for a minute, and
 * once more (GEN-11); whoever has stopped it, for all of them.
 */
const TOLD_MS = 180_000
const STOPPED_MS = 5_000

/**
 * Tells the observers, and returns what they had to say. One that fails is a warning, never a
 * failed run: a dead chat must not stop a sync, nor hold its end. They are told of a run that was
 * stopped, too.
 */
export async function tellObservers(
  event: (observer: Observer, run: Run) => Promise<void> | undefined,
  { config, clock, signal }: Shared,
): Promise<readonly string[]> {
  const warnings: string[] = []
  let stopped: Bound | undefined
  for (const [name, observer] of observersOf(config)) {
    const warn = (message: string): void => void warnings.push(`${name}: ${message}`)
    // Whoever stops the run may do so while one of them is told.
    if (signal.aborted) stopped ??= boundOf(STOPPED_MS)
    const bound = stopped ?? boundOf(TOLD_MS)
    const lent = stopped?.signal ?? AbortSignal.any([signal, bound.signal])
    try {
      await Promise.race([event(observer, lendNothing({ clock, signal: lent }, name, warn)), bound.passed])
    } catch (error) {
      warn(messageOf(error))
    } finally {
      if (bound !== stopped) bound.lift()
    }
  }
  stopped?.lift()
  return warnings
}

type Bound = { readonly signal: AbortSignal; readonly passed: Promise<never>; readonly lift: () => void }

/** Aborts, and rejects, after so many milliseconds: what does not heed its signal is not waited for. */
function boundOf(ms: number): Bound {
  const controller = new AbortController()
  const { promise: passed, reject } = Promise.withResolvers<never>()
  passed.catch(() => undefined)
  const timer = setTimeout(() => {
    const late = new Error(`was not done after ${ms / 1000} s, and is waited for no longer`)
    controller.abort(late)
    reject(late)
  }, ms)
  return { signal: controller.signal, passed, lift: () => clearTimeout(timer) }
}
