import type { OpenState } from '../state/state.ts'
import type { Observer } from '../observer.ts'
import type { Processor, Source, Sync } from '../types.ts'
import type { Executor } from './executor.ts'

/** What `sync.config.ts` exports. The keys are the names of stages, artifacts and syncs. */
export interface Config {
  readonly sources: { readonly [name: string]: Source }
  readonly processors?: { readonly [name: string]: Processor }
  readonly targets: { readonly [name: string]: Sync }
  readonly hooks?: { readonly [name: string]: Sync | Observer }
  /**
   * Where journal, locks, history and artifacts are. Default `localState`: a directory of this
   * machine.
   */
  readonly state?: OpenState
  /** Who carries out the stages of plans and applies. Default: the process that is asked. */
  readonly engine?: Executor | undefined
  /**
   * Runs that began longer ago are forgotten after an apply, with all their data. Default 30; 0
   * keeps all.
   */
  readonly keepDays?: number
  /** Findings of `zds validate` and `zds doctor` that are known, by id, each with why it is left. */
  readonly silenced?: { readonly [id: string]: string }
}

/** Identity, for the editor: the argument is typed, nothing is merged or defaulted. */
export function defineConfig<const C extends Config>(config: C): C {
  return config
}
