import { setImmediate as turn } from 'node:timers/promises'
import type { Json } from './json.ts'

/** Small verbs over iterables that the platform does not have yet. */

export const collect = <T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> => Array.fromAsync(items)

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

/** The rows of one key on two sides: where one side has none, its list is empty. */
export type Joined<Left, Right> = {
  readonly key: string
  readonly left: readonly Left[]
  readonly right: readonly Right[]
}

/**
 * What two streams have under each key, in the order of the keys (code units), in bounded memory:
 * both are sorted on the disk. The left one is read to its end before the right one is begun.
 */
export type Join = <Left extends Json, Right extends Json>(
  left: AsyncIterable<Left>,
  leftKey: (row: Left) => string,
  right: AsyncIterable<Right>,
  rightKey: (row: Right) => string,
) => AsyncIterable<Joined<Left, Right>>
