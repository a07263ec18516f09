import { Readable } from 'node:stream'

/** Queries that are read at the same time, at most. */
export const WIDTH = 8

/** Rows of each of them that may wait for those of the others. */
const AHEAD = 500

type RangeOrder = <T>(streams: readonly AsyncIterable<T>[]) => AsyncIterable<T>

/**
 * The items of streams that are read at the same time, in an order that does not depend on which
 * answer comes first.
 */
export async function* sideBySide<T>(streams: readonly AsyncIterable<T>[], order: RangeOrder): AsyncIterable<T> {
  const readers = streams.map((stream) => Readable.from(stream, { highWaterMark: AHEAD }))
  for (const reader of readers) {
    // Its failure is met when its turn comes; until then it must not end the process.
    reader.on('error', () => undefined)
    reader.read(0)
  }
  try {
    yield* order<T>(readers)
  } finally {
    for (const reader of readers) reader.destroy()
  }
}

/** All of the first, then all of the second. */
export const inOrder: RangeOrder = async function* (streams) {
  for (const stream of streams) yield* stream
}

/** One item of each, again and again: so none of a few long ones waits until others have ended. */
export const inTurn: RangeOrder = async function* <T>(streams: readonly AsyncIterable<T>[]) {
  for (let open = streams.map((stream) => stream[Symbol.asyncIterator]()); open.length > 0;) {
    const still: typeof open = []
    for (const items of open) {
      const next = await items.next()
      if (next.done === true) continue
      still.push(items)
      yield next.value
    }
    open = still
  }
}
