import type { Step } from '../outcome.ts'

type Task = AsyncGenerator<Step, void>
/** A step of a task, which waits to hear whether it goes on. */
type Offer = { readonly step: Step; readonly go: (on: boolean) => void }

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
  const failed = new AbortController()
  const over = AbortSignal.any([signal, failed.signal])
  const tasks = start(over)
  const offers: Offer[] = []
  let wake = (): void => undefined
  const working = new Set<Promise<void>>()
  let left = false

  const offered = (step: Step): Promise<boolean> =>
    new Promise((go) => {
      if (left) return go(false)
      offers.push({ step, go })
      wake()
    })
  const work = async (): Promise<void> => {
    for (let next = tasks.next(); next.done !== true && !over.aborted; next = tasks.next())
      for await (const step of next.value) if (!(await offered(step))) return
  }
  for (let n = 0; n < width; n += 1) {
    const worker = work()
      .catch((error: unknown) => failed.abort(error))
      .finally(() => {
        working.delete(worker)
        wake()
      })
    working.add(worker)
  }

  try {
    // Who has an offer works: it waits to hear whether it goes on.
    while (working.size > 0) {
      const next = offers[0]
      if (next === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      const on = (): boolean => next.step.status !== 'sending' || !over.aborted
      if (on()) yield next.step
      offers.shift()?.go(on())
    }
  } finally {
    left = true
    for (const { go } of offers) go(false)
  }
  over.throwIfAborted()
}
