import { ZdsError } from '../errors.ts'
import { assertAsked } from './columns-asked.ts'
import type { ExplainedField } from '../explained.ts'
import { columnsOf, derived, typesOf, type FieldTable, type TypesOf } from '../fields.ts'
import type { Json, JsonObject } from '../json.ts'
import { keyOf } from '../keys.ts'
import type { ColumnOf } from '../known.ts'
import { checkOptions } from '../options.ts'
import { shape } from '../shape.ts'
import type { Fields, Processor, Source } from '../types.ts'

const text = { type: 'string', minLength: 1 }
const OPTIONS = shape({
  name: text,
  rows: {},
  key: {},
  fields: {},
  'elsewhere?': shape({ rows: {}, reason: text, means: text }),
  'mayBeEmpty?': { type: 'boolean' },
})

/**
 * Records made from rows by a field table alone, for a sync whose fields need no processor. Rows of
 * `elsewhere` explain why a key has no record: it is not among the rows, and is known all the same
 * (AMB-17).
 */
export function records<const Table extends FieldTable, const Word extends string = never>(made: {
  /** The name of the source. */
  readonly name: string
  readonly rows: Source<JsonObject>
  /** The column that holds the key, in `rows` and in `elsewhere`, or the columns. */
  readonly key: ColumnOf<Json> | readonly ColumnOf<Json>[]
  /** The table; fields that read a fact are left out. */
  readonly fields: Table
  /** Why a record is not desired whose key is in these rows: a word, and what it means. */
  readonly elsewhere?: { readonly rows: Source<JsonObject>; readonly reason: Word; readonly means: string }
  /** No rows at all are nothing strange, and retire nobody. Default false (SAFE-02). */
  readonly mayBeEmpty?: boolean
}): Processor<TypesOf<Table>, Word> {
  checkOptions('records', OPTIONS, made)
  const { name, rows, key, fields, elsewhere, mayBeEmpty = false } = made
  const [first = '', ...more] = [key].flat()
  assertAsked(name, rows, first, [...more, ...columnsOf([fields])])
  const needs = [rows, ...(elsewhere ? [elsewhere.rows] : [])]
  return {
    name,
    types: typesOf(fields),
    values: async () =>
      Object.fromEntries(
        Object.entries(fields).flatMap(([field, { derive }]) => (derive.values ? [[field, derive.values]] : [])),
      ),
    needs,
    mayBeEmpty,
    // Object.fromEntries forgets which keys it was given.
    ...(elsewhere && { words: Object.fromEntries([[elsewhere.reason, elsewhere.means]]) as { [W in Word]: string } }),
    read: async function* (run) {
      const known = new Set<string>()
      for await (const row of run.input(rows)) {
        const id = keyIn(row, key, name)
        known.add(id)
        yield { kind: 'record', key: id, fields: fieldsOf(fields, row, `${name}: ${id}`) }
      }
      if (elsewhere === undefined) return
      for await (const row of run.input(elsewhere.rows)) {
        const id = keyIn(row, key, name)
        if (!known.has(id)) yield { kind: 'absent', key: id, reason: elsewhere.reason }
      }
    },
    explain: async (asked, run) => {
      for (const source of needs)
        for await (const row of run.input(source))
          if (keyIn(row, key, name) === asked)
            return [
              { key: asked, rows: [{ source: source.name, row }], fields: source === rows ? fromColumns(fields) : {} },
            ]
      return []
    },
  }
}

/** What each field is read from; whoever makes a sync of them knows the rules (`ids`). */
function fromColumns(table: FieldTable): { [field: string]: ExplainedField } {
  const columns = Object.entries(table).flatMap(([field, { reads }]) =>
    reads.kind === 'columns'
      ? [[field, { from: reads.columns.join(', ') || 'the configuration', rules: [] }] as const]
      : [],
  )
  return Object.fromEntries(columns)
}

function keyIn(row: JsonObject, column: string | readonly string[], name: string): string {
  const columns = [column].flat()
  const key = keyOf(...columns.map((one) => row[one] ?? null))
  if (key !== '') return key
  throw new ZdsError('ROW_INVALID', `${name}: a row has no ${columns.join(' or no ')}`, {
    hint: 'Every row needs a key; look at the query of its source.',
  })
}

function fieldsOf(table: FieldTable, row: JsonObject, place: string): Fields {
  const fields: Record<string, Json> = {}
  for (const [name, field] of Object.entries(table)) {
    const { reads } = field
    if (reads.kind !== 'columns') continue
    const values = reads.columns.map((column) => row[column] ?? null)
    fields[name] = derived(field, values, () => `${place}: ${name}`)
  }
  return fields
}
