import { Listr, ListrLogger, ProcessOutput, type ListrTask } from 'listr2'
import type { Watch } from '../../core/run/engine.ts'
import { ZdsError } from '../../core/errors.ts'
import { waves, type Stage } from '../../core/config/stages.ts'
import { painter } from './paint.ts'
import { counts, dueNow, notebook } from './progress.ts'
import { tell } from '../session.ts'
import { number, plain } from './text.ts'

/** Titles and lines change at most this often: listr2 renders each change. */
const SHOW_EVERY_MS = 100

export type Job<S extends Stage> = (stage: S, watch: Watch, signal: AbortSignal) => Promise<string | undefined>

/**
 * Carries out one stage, tells `watch` about it, and returns the line that sums it up. Throws if
 * the stage failed of itself.
 */
type Perform<S extends Stage> = (
  stage: S,
  watch: Watch,
) => Promise<{ readonly line: string; readonly stopped: boolean }>

/**
 * Runs stages wave by wave, the stages of a wave side by side: as listr2 tasks where a person
 * watches stderr, as plain lines elsewhere. The first failure stops the rest, but for applies: what
 * was begun in another instance is finished, and only those that come after the failed one are left
 * out. Throws what failed first; the signal's reason when the run was interrupted.
 */
export async function runTasks<S extends Stage>(
  all: readonly S[],
  job: Job<S>,
  signal: AbortSignal,
  terminal: boolean,
): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  let failed: { error: unknown } | undefined
  const lost = new Set<string>()

  const perform: Perform<S> = async (stage, watch) => {
    const started = performance.now()
    let rows = 0
    const counting = (count: number): void => {
      rows = count
      watch.rows(count)
    }
    try {
      const summary = await job(stage, { ...watch, rows: counting }, either)
      const took = ((performance.now() - started) / 1000).toFixed(1)
      return { line: `${stage.id}  ${summary ?? `${number(rows)} rows`}  ${took} s`, stopped: false }
    } catch (error) {
      // Whatever ends once the run is stopping was stopped by it.
      if (either.aborted) return { line: `${stage.id}  stopped`, stopped: true }
      failed = { error }
      lost.add(stage.id)
      // Not the error itself: others would take it for an answer to a request of their own.
      if (stage.kind !== 'apply') failure.abort(new ZdsError('INTERRUPTED', `${stage.id} failed, so this stops too`))
      throw error
    }
  }
  const dependent = ({ needs }: Stage): boolean => needs.some((id) => lost.has(id))
  const show = terminal ? onTerminal(perform, either) : inLog(perform)
  for (const wave of waves(all)) {
    if (either.aborted) break
    const [left, open] = [wave.filter(dependent), wave.filter((stage) => !dependent(stage))]
    for (const { id } of left) lost.add(id)
    if (open.length > 0) await show.wave(open)
  }
  show.end()
  signal.throwIfAborted()
  if (failed !== undefined) throw failed.error
}

/** How waves are shown; a stage that fails is no failure of it. */
type Show<S extends Stage> = { wave(stages: readonly S[]): Promise<void>; end(): void }

/** One line for each stage that ends, and few in between: a log is read afterwards. */
function inLog<S extends Stage>(perform: Perform<S>): Show<S> {
  const paint = painter(process.stderr)
  const line = async (stage: S): Promise<void> => {
    const due = dueNow(() => performance.now())
    const progress = (message: string): void => {
      if (due(message)) tell([`  ${stage.id}: ${plain(message)}`])
    }
    try {
      const { line: end, stopped } = await perform(stage, { progress, rows: () => undefined })
      tell([`${stopped ? paint('yellow', '-') : paint('green', '✔')} ${end}`])
    } catch {
      tell([`${paint('red', '✖')} ${stage.id}`])
    }
  }
  return {
    wave: async (stages) => void (await Promise.all(stages.map(line))),
    end: () => undefined,
  }
}

/**
 * Tasks that count while they run; what was said meanwhile and is worth knowing follows at the end.
 */
function onTerminal<S extends Stage>(perform: Perform<S>, signal: AbortSignal): Show<S> {
  const { note, lines } = notebook()
  const task = (stage: S): ListrTask => ({
    title: stage.id,
    skip: () => signal.aborted,
    task: async (_, shown) => {
      let last = 0
      const throttled = (change: () => void): void => {
        if (performance.now() - last < SHOW_EVERY_MS) return
        last = performance.now()
        change()
      }
      const progress = (message: string): void => {
        note(message)
        const show = (): void => void (shown.output = plain(message))
        if (counts(message)) throttled(show)
        else show()
      }
      const { line, stopped } = await perform(stage, {
        progress,
        rows: (count) => throttled(() => (shown.title = `${stage.id}  ${number(count)} rows`)),
      })
      shown.title = line
      if (stopped) shown.skip()
    },
  })
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) })
  return {
    wave: async (stages) => {
      const options = { concurrent: true, exitOnError: false, registerSignalListeners: false } as const // listr2 would end the process itself
      await new Listr(stages.map(task), {
        ...options,
        renderer: 'default',
        rendererOptions: { logger, showErrorMessage: false },
      }).run()
    },
    end: () => tell(lines().map((line) => `  ${plain(line)}`)),
  }
}
