import { Listr, ListrLogger, ProcessOutput, type ListrTask, type ListrTaskWrapper } from 'listr2'
import type { Stage } from '../../core/config/stages.ts'
import { opCounts } from '../../core/plan/plan.ts'
import type { Progress } from '../../core/run/apply-sync.ts'
import type { RunWatch } from '../../core/engine.ts'
import type { Read } from '../../core/run/plan-run.ts'
import type { End } from '../../core/run/schedule.ts'
import { logAsked, tell, warn } from '../output.ts'
import { painter } from './paint.ts'
import { counts, dueNow, notebook } from './progress.ts'
import { counted, number, plain } from './text.ts'

/** Titles and lines change at most this often: listr2 renders each change. */
const SHOW_EVERY_MS = 100

/**
 * Shows the stages of a run while it goes on: as listr2 tasks where a person watches stderr, as
 * plain lines elsewhere.
 */
export async function watched<Result>(work: (watch: RunWatch) => Promise<Result>): Promise<Result> {
  const log = logAsked()
  if (log !== undefined) return work(log.watch)
  const { isTTY, columns } = process.stderr
  // A terminal that has no columns, as one of `docker -t`, has no place to draw on.
  const { watch, end } = isTTY && columns > 0 ? onTerminal() : inLog()
  try {
    return await work(watch)
  } finally {
    await end()
  }
}

type Show = { readonly watch: RunWatch; readonly end: () => Promise<void> }

/** What a stage came to, in one line. @internal */
export function endWords(result: Read | Progress): string {
  switch (result.kind) {
    case 'rows':
      return `${counted(result.rows, 'rows')}${result.complete ? '' : ', not proved complete'}`
    case 'plan': {
      const { plan } = result
      const { create, update, retire, remove } = opCounts(plan)
      return `${number(create)} + ${number(update)} ~ ${number(retire + remove)} -`
    }
    case 'changes':
      return result.planned === 0 ? 'nothing to do' : `${number(result.done)} of ${number(result.planned)} done`
  }
}

function lineOf({ id }: Stage, end: End<Read | Progress>): string {
  if (end.kind === 'done') return `${id}  ${endWords(end.result)}  ${(end.ms / 1000).toFixed(1)} s`
  return end.kind === 'stopped' ? `${id}  stopped` : id
}

/** One line for each stage that ends, and few in between: a log is read afterwards. */
function inLog(): Show {
  const paint = painter(process.stderr)
  const known = new Map<string, (message: string) => boolean>()
  const dueOf = (id: string): ((message: string) => boolean) => {
    const due = known.get(id) ?? dueNow(() => performance.now())
    known.set(id, due)
    return due
  }
  const marks = { done: paint('green', '✔'), failed: paint('red', '✖'), stopped: paint('yellow', '-') }
  return {
    watch: {
      scheduled: () => undefined,
      started: ({ id }) => void dueOf(id),
      rows: () => undefined,
      progress: ({ id }, message) => {
        if (dueOf(id)(message)) tell([`  ${id}: ${plain(message)}`])
      },
      ended: (stage, end) => {
        if (end.kind !== 'left') tell([`${marks[end.kind]} ${lineOf(stage, end)}`])
      },
      warn: (message) => warn(plain(message)),
    },
    end: async () => undefined,
  }
}

/** What a terminal shows of a stage: nothing until it starts, its progress, how it ended. */
type Line = {
  readonly end: PromiseWithResolvers<End<Read | Progress>>
  title: string | undefined
  output: string
  shown: ListrTaskWrapper<unknown, never, never> | undefined
  drawnAt: number
}

/**
 * Tasks that count while they run; what was said meanwhile and is worth knowing follows at the end.
 */
function onTerminal(): Show {
  const { note, lines } = notebook()
  const board = new Map<string, Line>()
  let listr: Promise<unknown> = Promise.resolve()

  const draw = (line: Line): void => {
    if (line.shown === undefined) return
    if (line.title !== undefined) line.shown.title = line.title
    line.shown.output = line.output
    line.drawnAt = performance.now()
  }
  const drawNowAndThen = (line: Line): void => {
    if (performance.now() - line.drawnAt >= SHOW_EVERY_MS) draw(line)
  }
  /** A task without a title is not shown. */
  const taskOf = (stage: Stage, line: Line): ListrTask => ({
    task: async (_, shown) => {
      line.shown = shown as Line['shown'] // of its many type parameters none matters here
      draw(line)
      const end = await line.end.promise
      if (end.kind === 'left') return
      shown.title = lineOf(stage, end)
      if (end.kind === 'stopped') shown.skip()
      if (end.kind === 'failed') throw new Error(stage.id)
    },
  })
  const at = ({ id }: Stage, change: (line: Line) => void): void => {
    const line = board.get(id)
    if (line !== undefined) change(line)
  }
  return {
    watch: {
      scheduled: (stages) => {
        const tasks = stages.map((stage) => {
          const line: Line = {
            end: Promise.withResolvers(),
            title: undefined,
            output: '',
            shown: undefined,
            drawnAt: 0,
          }
          board.set(stage.id, line)
          return taskOf(stage, line)
        })
        const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) })
        // listr2 would end the process itself on a signal.
        const options = { concurrent: true, exitOnError: false, registerSignalListeners: false } as const
        const rendererOptions = { logger, showErrorMessage: false }
        listr = new Listr(tasks, { ...options, renderer: 'default', rendererOptions }).run()
      },
      started: (stage) => at(stage, (line) => ((line.title = stage.id), draw(line))),
      rows: (stage, rows) =>
        at(stage, (line) => ((line.title = `${stage.id}  ${counted(rows, 'rows')}`), drawNowAndThen(line))),
      progress: (stage, message) => {
        // Before the stages begin there is nothing else on the screen.
        if (!board.has(stage.id)) return tell([`  ${stage.id}: ${plain(message)}`])
        note(message)
        at(stage, (line) => ((line.output = plain(message)), counts(message) ? drawNowAndThen(line) : draw(line)))
      },
      ended: (stage, end) => at(stage, (line) => line.end.resolve(end)),
      warn: note,
    },
    end: async () => {
      // Stages of a run that never began have no end.
      for (const { end } of board.values()) end.resolve({ kind: 'left' })
      await listr
      tell(lines().map((line) => `  ${plain(line)}`))
    },
  }
}
