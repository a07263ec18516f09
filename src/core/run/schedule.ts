import { stageChannel, type WaitMessage } from '../channels.ts'
import type { Stage } from '../config/stages.ts'
import { ZdsError } from '../errors.ts'

/** What a person who waits is told about one stage. */
export type StageWatch = {
  /** `wait` where it is told that a service is waited for, and how long. */
  progress(message: string, wait?: WaitMessage): void
  rows(count: number): void
}

/**
 * How a stage ended. `stopped`: by the failure of another, or by whoever stopped the run. `left`:
 * it had not begun.
 */
export type End<Result> =
  | { readonly kind: 'done'; readonly result: Result; readonly ms: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly ms: number }
  | { readonly kind: 'stopped' | 'left' }

/** Whoever watches a run: a terminal, a log, nobody. It cannot steer. */
export type Watch<Result> = {
  /** All stages that are about to be carried out, before the first of them. */
  scheduled(stages: readonly Stage[]): void
  started(stage: Stage): void
  progress(stage: Stage, message: string, wait?: WaitMessage): void
  rows(stage: Stage, count: number): void
  ended(stage: Stage, end: End<Result>): void
  /** What a person should know although nothing stops for it. */
  warn(message: string): void
}

/** Where nobody waits for a run. */
export const UNWATCHED: Watch<unknown> = {
  scheduled: () => undefined,
  started: () => undefined,
  progress: () => undefined,
  rows: () => undefined,
  ended: () => undefined,
  warn: () => undefined,
}

/** Where nobody waits for a stage. */
export const UNWATCHED_STAGE: StageWatch = { progress: () => undefined, rows: () => undefined }

/** Whether a stage, once it has ended, is done; one that is not among all counts as done. */
export type Ended = (id: string) => Promise<boolean>

/**
 * Carries out stages, each as soon as its own needs have ended; needs stand before the needy, and
 * those that are not among `all` count as met. The first failure stops the rest, but for applies:
 * what was begun in another instance is finished, and only those that come after the failed one are
 * left out. Throws what failed first; the signal's reason when the run was interrupted.
 */
export async function schedule<S extends Stage, Result>(
  all: readonly S[],
  work: (stage: S, watch: StageWatch, signal: AbortSignal, ended: Ended) => Promise<Result>,
  { signal, watch }: { readonly signal: AbortSignal; readonly watch: Watch<Result> },
): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  let failed: { readonly error: unknown } | undefined

  const ends = new Map<string, Promise<boolean>>()
  const ended: Ended = async (id) => ends.get(id) ?? true
  const perform = async (stage: S): Promise<End<Result>> => {
    const started = performance.now()
    const ms = (): number => performance.now() - started
    watch.started(stage)
    try {
      const told = {
        progress: (message: string, wait?: WaitMessage) => watch.progress(stage, message, wait),
        rows: (count: number) => watch.rows(stage, count),
      }
      const message = { stage: stage.id, confined: stage.confined === true }
      const result = await stageChannel.tracePromise(() => work(stage, told, either, ended), message)
      return { kind: 'done', result, ms: ms() }
    } catch (error) {
      // Whatever ends once the run is stopping was stopped by it.
      if (either.aborted) return { kind: 'stopped' }
      failed ??= { error }
      // Not the error itself: others would take it for an answer to a request of their own.
      if (stage.kind !== 'apply') failure.abort(new ZdsError('INTERRUPTED', `${stage.id} failed, so this stops too`))
      return { kind: 'failed', error, ms: ms() }
    }
  }
  const afterNeeds = async (stage: S): Promise<boolean> => {
    const met = await Promise.all(stage.needs.map(ended))
    const end = met.every(Boolean) && !either.aborted ? await perform(stage) : ({ kind: 'left' } as const)
    watch.ended(stage, end)
    return end.kind === 'done'
  }
  watch.scheduled(all)
  for (const stage of all) ends.set(stage.id, afterNeeds(stage))
  await Promise.all(ends.values())
  signal.throwIfAborted()
  if (failed !== undefined) throw failed.error
}
