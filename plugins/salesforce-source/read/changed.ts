import type { JsonObject, Run } from 'zds'
import { allOf, type Query } from '../compose.ts'
import { lookUp } from './lookup.ts'
import { rangedRows, type TableQueried } from './ranged.ts'

/**
 * Clocks differ, and what takes a while to be saved bears the moment of its beginning (SF-08): so
 * much is looked back.
 */
const LOOKBACK_MS = 600_000
/** Rows that are read again at a time: their child lists come with them. */
const TOGETHER = 200

/** Rows in whatever state they are now, and the column in which each names the row that it is of. */
export type ChangedOf = { readonly object: string; readonly of: string; readonly where: readonly string[] }

/** The Ids of rows that have changed since a moment themselves, or whose children have. */
export async function changedSince(
  since: Date,
  tables: readonly ChangedOf[],
  { connection, name }: Pick<TableQueried, 'connection' | 'name'>,
  run: Run,
): Promise<ReadonlySet<string>> {
  const from = new Date(since.getTime() - LOOKBACK_MS).toISOString().slice(0, 19)
  const ids = new Set<string>()
  const unique = (): void => undefined
  for (const { object, of, where } of tables) {
    const query: Query = { object, columns: [of], where: allOf(undefined, ...where, `SystemModstamp >= ${from}Z`) }
    const asked = { connection, name: `changes of ${name}`, query, unique }
    for await (const row of rangedRows(asked, unexpected(run))) {
      const id = row[of]
      if (typeof id === 'string') ids.add(id)
    }
  }
  return ids
}

/** The rows with these Ids that the query still has, with their child lists. */
export function readAgain(
  { connection, name, query }: Pick<TableQueried, 'connection' | 'name' | 'query'>,
  ids: readonly string[],
  run: Run,
): AsyncIterable<JsonObject> {
  const keys = {
    needs: [],
    read: async function* () {
      yield* ids
    },
  }
  run.progress(`${name}: rows that changed while they were read are read again: ${ids.length}`)
  return lookUp(connection, { name, query, column: 'Id', keys, chunk: TOGETHER }, unexpected(run))
}

/** How many rows there should be is not for these to say. */
const unexpected = (run: Run): Run => ({ ...run, expect: () => undefined })
