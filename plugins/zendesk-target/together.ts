import { setImmediate as turn } from 'node:timers/promises'
import { batches, type Run } from 'zds'

/** Zendesk tells of so many records in one answer. */
const MOST = 100
/** Bytes of an address that ids may take: many servers refuse one of more than 8 kB. */
const ROOM = 6_000

/** What is known of these ids, and of others that were asked for with them. */
type Asking<Row> = (ids: readonly string[], run: Run) => Promise<ReadonlyMap<string, Row>>

type Gathering<Row> = {
  readonly ids: Set<string>
  /** The answer that has an id, by id. */
  readonly answers: Promise<ReadonlyMap<string, Promise<ReadonlyMap<string, Row>>>>
}

/** What several ask at the same moment is asked once, as long as it is under way: as below. */
export function askedOnce<Answer>(ask: (run: Run) => Promise<Answer>): (run: Run) => Promise<Answer> {
  const underWay = new Map<AbortSignal, Promise<Answer>>()
  return (run) => {
    const answer = underWay.get(run.signal) ?? ask(run).finally(() => underWay.delete(run.signal))
    underWay.set(run.signal, answer)
    return answer
  }
}

/** How many of these ids one request can name. */
function mostOf(ids: Iterable<string>): number {
  let longest = 1
  for (const id of ids) longest = Math.max(longest, encodeURIComponent(`${id},`.toWellFormed()).length)
  return Math.max(1, Math.min(MOST, Math.floor(ROOM / longest)))
}

/**
 * Asks with one request for what several want to know at the same moment, a hundred ids in each, of
 * long ones fewer: many small jobs look at their records with a few requests. Only those who share a
 * signal ask together: who stops, stops nobody else.
 */
export function together<Row>(ask: Asking<Row>): Asking<Row> {
  const gathering = new Map<AbortSignal, Gathering<Row>>()
  const begin = (run: Run): Gathering<Row> => {
    const ids = new Set<string>()
    const answers = turn().then(() => {
      gathering.delete(run.signal)
      const parts = [...batches(ids, mostOf(ids))].map((some) => [some, ask(some, run)] as const)
      return new Map(parts.flatMap(([some, answer]) => some.map((id) => [id, answer] as const)))
    })
    const begun = { ids, answers }
    gathering.set(run.signal, begun)
    return begun
  }
  return async (asked, run) => {
    const { ids, answers } = gathering.get(run.signal) ?? begin(run)
    for (const id of asked) ids.add(id)
    const byId = await answers
    const mine = await Promise.all(new Set(asked.flatMap((id) => byId.get(id) ?? [])))
    return new Map(mine.flatMap((rows) => [...rows]))
  }
}
