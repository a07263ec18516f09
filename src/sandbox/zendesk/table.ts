type Numbered = { readonly id: number }

/**
 * Records by id and by unique values; a write replaces a record, so a list handed out earlier stays
 * as it was.
 */
export type Table<T extends Numbered> = {
  readonly size: number
  readonly get: (id: number) => T | undefined
  /** All records, ids ascending. */
  all(): readonly T[]
  put(record: T): void
  remove(id: number): void
  /** The first record with this value in an index, compared trimmed and without case. */
  find(index: string, value: string): T | undefined
}

/** A table whose indexes are functions from a record to its value, null for none. */
export function createTable<T extends Numbered>(
  records: readonly T[],
  indexes: { readonly [index: string]: (record: T) => string | null },
): Table<T> {
  const byId = new Map<number, T>()
  const byValue = new Map(Object.keys(indexes).map((index) => [index, new Map<string, Set<number>>()]))
  let cached: readonly T[] | undefined

  const values = (record: T): [Map<string, Set<number>>, string][] =>
    Object.entries(indexes).flatMap(([index, valueOf]) => {
      const value = valueOf(record)
      const map = byValue.get(index)
      return value === null || map === undefined ? [] : [[map, normal(value)]]
    })

  const forget = (record: T): void => {
    for (const [map, value] of values(record)) {
      const ids = map.get(value)
      ids?.delete(record.id)
      if (ids?.size === 0) map.delete(value)
    }
  }

  const put = (record: T): void => {
    const old = byId.get(record.id)
    if (old !== undefined) forget(old)
    byId.set(record.id, record)
    for (const [map, value] of values(record)) {
      const ids = map.get(value)
      if (ids === undefined) map.set(value, new Set([record.id]))
      else ids.add(record.id)
    }
    cached = undefined
  }

  for (const record of [...records].sort((a, b) => a.id - b.id)) put(record)

  return {
    get size() {
      return byId.size
    },
    get: (id) => byId.get(id),
    // New ids are higher than all before them, so the map is in the order of ids.
    all: () => (cached ??= [...byId.values()]),
    put,
    remove: (id) => {
      const old = byId.get(id)
      if (old === undefined) return
      forget(old)
      byId.delete(id)
      cached = undefined
    },
    find: (index, value) => {
      const id = byValue.get(index)?.get(normal(value))?.values().next().value
      return id === undefined ? undefined : byId.get(id)
    },
  }
}

const normal = (value: string): string => value.trim().toLowerCase()
