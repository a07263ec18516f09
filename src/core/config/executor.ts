import type { Clock } from '../clock.ts'
import type { State } from '../state/state.ts'

/** A stage of a run, as it is asked for: ids only, none of its data. */
export type Task = { readonly run: string; readonly stage: string; readonly asOf: string }

/** How a task ended. `failed`: why is among the artifacts of its run. */
export type TaskEnd = 'done' | 'failed'

/** What processes have in common that carry out one run. */
export type Post = { readonly state: State; readonly fingerprint: string; readonly clock: Clock }

/** Has stages carried out in other processes. */
export type Workers = {
  /**
   * Settles once a worker has carried out the task; what is under way already is waited for. Of
   * the tasks of one lane, which is an instance, one at a time is carried out: they share its pace.
   * Throws NO_WORKER where nobody takes it, the signal's reason when it is stopped.
   */
  readonly perform: (task: Task, lane: string, tell: (message: string) => void, signal: AbortSignal) => Promise<TaskEnd>
  readonly close: () => Promise<void>
}

/** As long as a worker may go on. `assert` throws where others took it for dead. */
export type Lent = { readonly signal: AbortSignal; readonly assert: () => void }

/** What a process does for those who ask. */
export type Service = Post & {
  /** Ends it. */
  readonly signal: AbortSignal
  /**
   * Carries out a part of a task here; `more` where the next one is to follow. Throws when it is
   * stopped, and where it cannot even leave why it failed.
   */
  readonly perform: (task: Task, part: number, lent: Lent) => Promise<TaskEnd | 'more'>
  readonly tell: (message: string) => void
}

/** Carries runs out in several processes: `engine` of a configuration. */
export type Executor = {
  readonly ask: (post: Post) => Workers
  /** Settles when the signal ends it; throws LOCK_LOST where others took this process for dead. */
  readonly serve: (service: Service) => Promise<void>
}

/** A worker lives as long as it has a lock, whose address begins so. */
export const WORKER = 'worker '
