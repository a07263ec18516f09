import { Listr, ListrLogger, ProcessOutput, type ListrTask } from 'listr2'
import type { Watch } from '../core/execute.ts'
import { waves, type Stage } from '../core/stages.ts'
import { number } from './text.ts'

/** Titles and lines change at most this often: listr2 renders each change. */
const SHOW_EVERY_MS = 100

export type Job<S extends Stage> = (stage: S, watch: Watch, signal: AbortSignal) => Promise<string | undefined>

/**
 * Runs stages as listr2 tasks on stderr: waves one after another, the stages of a wave side by side. The first failure stops the rest.
 * Throws what failed first; the signal's reason when the run was interrupted.
 */
export async function runTasks<S extends Stage>(all: readonly S[], job: Job<S>, signal: AbortSignal, terminal: boolean): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  let failed: { error: unknown } | undefined

  const task = (stage: S): ListrTask => ({
    title: stage.id,
    skip: () => either.aborted,
    task: async (_, shown) => {
      const started = performance.now()
      let rows = ''
      let last = 0
      const show = (change: () => void): void => {
        if (performance.now() - last < SHOW_EVERY_MS) return
        last = performance.now()
        change()
      }
      const watch: Watch = {
        progress: (message) => show(() => (shown.output = message)),
        rows: (count) => {
          rows = `  ${number(count)} rows`
          if (terminal) show(() => (shown.title = `${stage.id}${rows}`))
        },
      }
      try {
        const summary = await job(stage, watch, either)
        shown.title = `${stage.id}${summary === undefined ? rows : `  ${summary}`}  ${((performance.now() - started) / 1000).toFixed(1)} s`
      } catch (error) {
        failed ??= { error }
        failure.abort(error)
        throw error
      }
    },
  })
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) })
  const shared = { exitOnError: false, registerSignalListeners: false } as const
  for (const wave of waves(all)) {
    if (either.aborted) break
    const list = wave.map(task)
    const run = terminal
      ? new Listr(list, { ...shared, concurrent: true, renderer: 'default', rendererOptions: { logger, collapseErrors: true } })
      : new Listr(list, { ...shared, concurrent: true, renderer: 'verbose', rendererOptions: { logger } })
    await run.run()
  }
  signal.throwIfAborted()
  if (failed !== undefined) throw failed.error
}
