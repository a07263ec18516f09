import { setImmediate as turn } from 'node:timers/promises'

/** Small verbs over iterables that the platform does not have yet. */

export async function collect<T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Groups of `size` items, in order; the last may be smaller. */
export async function* chunk<T>(items: AsyncIterable<T> | Iterable<T>, size: number): AsyncIterable<T[]> {
  let part: T[] = []
  for await (const item of items) {
    part.push(item)
    if (part.length === size) {
      yield part
      part = []
    }
  }
  if (part.length > 0) yield part
}

/** The same of items that are there, at once. */
export function* batches<T>(items: Iterable<T>, size: number): Generator<T[], void> {
  let part: T[] = []
  for (const item of items) {
    part.push(item)
    if (part.length < size) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}

/** Items as they come, and undefined before one that is not there at once. */
export async function* withLulls<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T | undefined, void> {
  const each = (async function* () {
    yield* items
  })()
  try {
    for (;;) {
      const next = each.next()
      if ((await Promise.race([next, turn()])) === undefined) yield undefined
      const { done, value } = await next
      if (done === true) return
      yield value
    }
  } finally {
    await each.return()
  }
}
