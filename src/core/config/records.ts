import { ZdsError } from '../errors.ts'
import type { FieldTable } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Desired, Fields, Source } from '../types.ts'

/**
 * Records made from rows by a field table alone, for a sync whose fields need no processor. Rows of
 * `elsewhere` explain why a key has no record: its account exists, but is not among the rows
 * (AMB-17).
 */
export function records(made: {
  readonly name: string
  readonly rows: Source<JsonObject>
  /** The column that holds the key, in `rows` and in `elsewhere`. */
  readonly key: string
  readonly fields: FieldTable
  readonly elsewhere?: Source<JsonObject>
  readonly mayBeEmpty?: boolean
}): Source<Desired> {
  const { name, rows, key, fields, elsewhere, mayBeEmpty } = made
  return {
    name,
    needs: [rows, ...(elsewhere ? [elsewhere] : [])],
    ...(mayBeEmpty !== undefined && { mayBeEmpty }),
    read: async function* (run) {
      const known = new Set<string>()
      for await (const row of run.input(rows)) {
        const id = keyIn(row, key, name)
        known.add(id)
        yield { kind: 'record', key: id, fields: fieldsOf(fields, row) }
      }
      if (elsewhere === undefined) return
      for await (const row of run.input(elsewhere)) {
        const id = keyIn(row, key, name)
        if (!known.has(id)) yield { kind: 'absent', key: id, reason: 'type-changed' }
      }
    },
  }
}

function keyIn(row: JsonObject, column: string, name: string): string {
  const key = row[column]
  if (typeof key === 'string' && key !== '') return key
  throw new ZdsError('ROW_INVALID', `${name}: a row has no ${column}`, {
    hint: 'Every row needs a key; look at the query of its source.',
  })
}

function fieldsOf(table: FieldTable, row: JsonObject): Fields {
  const fields: Record<string, Json> = {}
  for (const [field, { reads, derive }] of Object.entries(table)) {
    if (reads.kind === 'columns') fields[field] = derive(...reads.columns.map((column) => row[column] ?? null))
  }
  return fields
}
