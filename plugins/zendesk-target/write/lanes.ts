import type { Step } from 'zds'

type LaneTask = AsyncGenerator<Step, void>

/**
 * `width` tasks that between them carry out `tasks`, each one after the other: so tasks of several
 * kinds can go side by side and each kind keeps a width of its own. None is begun once it is over.
 */
export function lanes(tasks: Iterator<LaneTask>, width: number, over: AbortSignal): LaneTask[] {
  return Array.from({ length: width }, () => lane(tasks, over))
}

async function* lane(tasks: Iterator<LaneTask>, over: AbortSignal): LaneTask {
  for (let next = tasks.next(); next.done !== true && !over.aborted; next = tasks.next()) yield* next.value
}

/** What these come to, in their order; none of them is under way any more when a failure is thrown. */
export async function* inOrder<End>(ends: readonly Promise<End>[]): AsyncGenerator<End, void> {
  const all = Promise.allSettled(ends)
  try {
    for (const end of ends) yield await end
  } finally {
    await all
  }
}
