import type { Join } from '../streams.ts'

/** Joins any two streams, in files below a directory. Who joins nothing does not load how. */
export const joinedIn = (directory: string): Join =>
  async function* (left, leftKey, right, rightKey) {
    const [{ joinByKey }, { sortBy }] = await Promise.all([import('../compare/join.ts'), import('../compare/sort.ts')])
    yield* joinByKey(sortBy(left, leftKey, directory), leftKey, sortBy(right, rightKey, directory), rightKey)
  }
