import type { Watch } from './schedule.ts'

/**
 * Reads while it is still being checked whether a run can start: both take as long as the services
 * take to answer. Where it cannot, the reading stops, nobody hears of it, and what the check says is
 * thrown, whatever went wrong with the reading.
 */
export async function meanwhile<Result>(
  ready: Promise<void>,
  signal: AbortSignal,
  read: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const refused = new AbortController()
  ready.catch((error: unknown) => refused.abort(error))
  try {
    return await read(AbortSignal.any([signal, refused.signal]))
  } finally {
    await ready
  }
}

/** Tells what happens once something is known (that a run can start), in the order in which it happened. */
export function toldOnce<Result>(ready: Promise<void>, watch: Watch<Result>): Watch<Result> {
  let held: (() => void)[] | undefined = []
  const flush = (): void => {
    const waiting = held ?? []
    held = undefined
    for (const tell of waiting) tell()
  }
  ready.then(flush, () => undefined)
  const told = (tell: () => void): void => void (held === undefined ? tell() : held.push(tell))
  return {
    scheduled: (all) => told(() => watch.scheduled(all)),
    started: (stage) => told(() => watch.started(stage)),
    progress: (stage, message, wait) => told(() => watch.progress(stage, message, wait)),
    rows: (stage, count) => told(() => watch.rows(stage, count)),
    ended: (stage, end) => told(() => watch.ended(stage, end)),
    warn: (message) => told(() => watch.warn(message)),
  }
}
