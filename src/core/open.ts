import type { Engine, EngineOptions } from './engine.ts'
import type { State } from './state/state.ts'

// What a configuration names, and whoever only looks at one never opens: it is loaded when it is.

/**
 * The engine of a configuration. Throws CONFIG_INVALID for one whose stages do not fit together,
 * STATE_INVALID for a state that cannot be used.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  return (await import('./engine.ts')).openEngine(options)
}

/**
 * State in a directory of this machine: `state.db`, and a directory of artifacts for each run.
 * Throws STATE_INVALID.
 */
export async function localState(directory: string): Promise<State> {
  return (await import('./state/local.ts')).localState(directory)
}
