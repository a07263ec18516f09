import type { Config } from '../types.ts'

/** Identity, for the editor: the argument is typed, nothing is merged or defaulted. */
export function defineConfig<const C extends Config>(config: C): C {
  return config
}
