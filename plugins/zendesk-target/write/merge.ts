import type { Step } from 'zds'

type Task = AsyncGenerator<Step, void>
type Happened = { readonly task: Task } & (
  | { readonly result: IteratorResult<Step, void> }
  | { readonly error: unknown }
)

/**
 * Runs tasks, at most `width` at a time, and yields their steps as they come. A task goes on only
 * after its step was taken: so no request is sent before whoever consumes this has dealt with its
 * `sending`. After a failure or an abort nothing more is sent; what the running tasks still learn
 * is yielded, then the failure is thrown. The signal that `start` is given aborts when nothing more
 * is to be sent: for waits that lead to sending only.
 */
export async function* merge(
  start: (over: AbortSignal) => Iterator<Task>,
  width: number,
  signal: AbortSignal,
): AsyncIterable<Step> {
  const running = new Set<Task>()
  const happened: Happened[] = []
  let wake = (): void => undefined
  const over = new AbortController()
  const tasks = start(AbortSignal.any([signal, over.signal]))
  let failure: { readonly error: unknown } | undefined

  const tell = (event: Happened): void => {
    happened.push(event)
    wake()
  }
  const proceed = (task: Task): void => {
    task.next().then(
      (result) => tell({ task, result }),
      (error: unknown) => tell({ task, error }),
    )
  }
  const stopped = (): boolean => {
    if (signal.aborted) failure ??= { error: signal.reason }
    return failure !== undefined
  }
  /** Starts tasks while there is room and nothing has gone wrong. */
  const fill = (): void => {
    while (running.size < width) {
      const next = tasks.next()
      if (next.done === true || stopped()) return
      running.add(next.value)
      proceed(next.value)
    }
  }

  try {
    for (fill(); running.size > 0; fill()) {
      const event = happened.shift()
      if (event === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      const { task } = event
      if ('error' in event || event.result.done === true) {
        running.delete(task)
        if ('error' in event && !stopped()) {
          failure = { error: event.error }
          over.abort(event.error)
        }
        continue
      }
      const step = event.result.value
      const writes = step.status === 'sending'
      if (!(writes && stopped())) yield step
      if (writes && stopped()) {
        running.delete(task)
        await task.return()
      } else proceed(task)
    }
  } finally {
    for (const task of running) task.return().catch(() => undefined)
  }
  if (failure !== undefined) throw failure.error
}
