import { ZdsError, type JsonObject } from 'zds'
import { incomplete } from './pages.ts'

/** Looks at a row and its Id, undefined for one that has none. */
export type Unique = (row: JsonObject, id: string | undefined) => void

/**
 * Looks at all rows of a source, wherever they come from. One that comes twice stands for one that
 * did not come (SAFE-02); two with one `key` cannot be told apart later. Without a key, rows are told
 * apart by their Ids.
 */
export function uniqueRows(name: string, key: string | undefined): Unique {
  const seen = new Map<string, string | undefined>()
  return (row, id) => {
    const value = key === undefined ? id : row[key]
    if (typeof value !== 'string') return
    if (!seen.has(value)) {
      seen.set(value, id)
      return
    }
    if (seen.get(value) === id) throw incomplete(`${name}: the row ${value} came twice, so another one may be missing`)
    throw new ZdsError('ROW_INVALID', `salesforce: two rows of ${name} have the same ${key}, ${value}`, {
      hint: `Their Ids are ${seen.get(value)} and ${id}. Correct one of them in Salesforce.`,
    })
  }
}
