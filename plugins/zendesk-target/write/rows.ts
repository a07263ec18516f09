import { isObject, type Change, type Json, type JsonObject } from 'zds'
import { codeOf, type Refusal } from '../refusals.ts'
import { idIn } from '../replies.ts'

/**
 * One record to be written by a job: what to report it under, its id, and what its row says beside
 * the id.
 */
export type Row = {
  readonly key: string
  readonly id: string
  readonly payload: JsonObject
  readonly change: Change
}

export type Verdict = { readonly kind: 'done' } | ({ readonly kind: 'failed' } & Refusal)

/**
 * What the results of a job say about its rows, by key (SAFE-03). A row that they do not speak of
 * is left out, so all are where a job has no list of results. Forms: `{action, id, status:
 * 'Updated', success: true}` and `{index, error, id, details}` (ZD-07).
 */
export function verdictsOf(results: Json, rows: readonly Row[]): Map<string, Verdict> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const verdicts = new Map<string, Verdict>()
  const list: readonly Json[] = Array.isArray(results) ? results : []
  for (const result of list) {
    if (!isObject(result)) continue
    const id = idIn(result)
    const { index } = result
    // The index counts the rows that were sent, which after a restart may be more than the ones
    // asked for here: the id goes first.
    const row = id === undefined ? (typeof index === 'number' ? rows[index] : undefined) : byId.get(id)
    const verdict = verdictOf(result)
    if (row !== undefined && verdict !== undefined) verdicts.set(row.key, verdict)
  }
  return verdicts
}

function verdictOf({ error, details, success, status }: JsonObject): Verdict | undefined {
  if (typeof error === 'string') {
    const words = typeof details === 'string' ? details : typeof status === 'string' ? status : 'no reason given'
    return {
      kind: 'failed',
      code: codeOf(error) ?? 'row-refused',
      message: `${words.replaceAll(/\s+/g, ' ').trim()} (${error})`,
    }
  }
  if (success === false)
    return { kind: 'failed', code: 'row-refused', message: typeof status === 'string' ? status : 'no reason given' }
  return success === true || status === 'Updated' ? { kind: 'done' } : undefined
}
