import { isObject, type Change, type Json, type JsonObject } from 'zds'
import { codeOf, type ZendeskRefusal } from '../refusals.ts'
import { idIn } from '../replies.ts'

/**
 * One record to be written by a job: what to report it under, its id, and what its row says beside
 * the id.
 */
export type JobRow = {
  readonly key: string
  readonly id: string
  readonly payload: JsonObject
  readonly change: Change
}

export type RowVerdict = { readonly kind: 'done' } | ({ readonly kind: 'failed' } & ZendeskRefusal)

/**
 * What the results of a job say about its rows, by key (SAFE-03). A row that they do not speak of
 * is left out, so all are where a job has no list of results. Forms: `{action, id, status:
 * 'Updated', success: true}` and `{index, error, id, details}` (ZD-07).
 */
export function verdictsOf(results: Json, rows: readonly JobRow[]): Map<string, RowVerdict> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const verdicts = new Map<string, RowVerdict>()
  const list: readonly Json[] = Array.isArray(results) ? results : []
  for (const result of list) {
    if (!isObject(result)) continue
    const id = idIn(result)
    const { index } = result
    // The index counts the rows that were sent, which after a restart may be more than the ones
    // asked for here: the id goes first, and the index is believed where all are asked for.
    const byIndex = typeof index === 'number' && list.length === rows.length ? rows[index] : undefined
    const row = id === undefined ? byIndex : byId.get(id)
    const verdict = verdictOf(result)
    // Of two results of one row the worse counts.
    if (row !== undefined && verdict !== undefined && verdicts.get(row.key)?.kind !== 'failed')
      verdicts.set(row.key, verdict)
  }
  return verdicts
}

function verdictOf({ error, details, success, status }: JsonObject): RowVerdict | undefined {
  const words = [details, status].find((one) => typeof one === 'string') ?? 'no reason given'
  if (typeof error === 'string')
    return { kind: 'failed', code: codeOf(error) ?? 'row-refused', message: `${cutWords(words)} (${cutWords(error)})` }
  if (success === false) return { kind: 'failed', code: 'row-refused', message: cutWords(words) }
  return success === true || status === 'Updated' ? { kind: 'done' } : undefined
}

const LONGEST_WORDS = 500

/** A service's words on one line, as far as anybody reads. */
export const cutWords = (words: string): string =>
  words
    .slice(0, 2 * LONGEST_WORDS)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_WORDS)
