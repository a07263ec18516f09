import type { Engine, EngineOptions } from './engine.ts'

/**
 * The engine of a configuration, whose code is loaded for it: a configuration that is only looked at
 * needs none. Throws CONFIG_INVALID for one whose stages do not fit together, STATE_INVALID for a
 * state that cannot be used.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  return (await import('./engine.ts')).openEngine(options)
}
