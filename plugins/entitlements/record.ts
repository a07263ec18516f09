import { derived, misfit, type Field, type FieldTable, type Fields, type Json, type Said } from 'zds'
import { invalid } from './account.ts'
import type { Draft } from './rule.ts'

/**
 * Makes the fields of a record from a finished draft, as the table says. Throws ROW_INVALID for a
 * value that its field cannot hold.
 */
export function recordMaker(table: FieldTable): (draft: Draft) => Fields {
  const columns = Object.entries(table).map(([name, field]) => ({
    name,
    field,
    value: valueOf(name, field),
    sources: sourcesOf(field),
  }))
  return (draft) => {
    const fields: Record<string, Json> = {}
    for (const { name, field, value, sources } of columns) {
      const made = value(draft)
      if (made === undefined) continue
      const problem = misfit(field.type, made)
      if (problem !== undefined)
        throw invalid(`Salesforce account ${draft.account.id}`, sources, `the field ${name} ${problem}`)
      fields[name] = made
    }
    return fields
  }
}

/** What is said of an account: its record, or why there is none. */
export function saidOf(draft: Draft, recordOf: (draft: Draft) => Fields): Said {
  const { account, absent, people } = draft
  if (absent !== undefined) return { kind: 'absent', key: account.id, reason: absent }
  return { kind: 'record', key: account.id, fields: recordOf(draft), ...(people && { along: { people } }) }
}

type Value = (draft: Draft) => Json | undefined

/** Undefined: the record does not name this field, so it stays as it is (AMB-13). */
function valueOf(name: string, field: Field): Value {
  const { reads } = field
  const from = ({ account }: Draft, ...values: readonly Json[]): Json =>
    derived(field, values, () => `Salesforce account ${account.id}, the field ${name}`)
  switch (reads.kind) {
    case 'fact':
      return (draft) => whole(field, from(draft, draft.facts[reads.fact] ?? null))
    case 'columns':
      return (draft) => {
        const { account, fields } = draft
        if (fields.has(name)) return fields.get(name) ?? null
        return from(draft, ...reads.columns.map((key) => account.row[key] ?? null))
      }
    case 'nothing':
      return ({ fields }) => fields.get(name)
  }
}

/** Quantities may have fractions; a field of whole numbers holds what is begun. */
function whole({ type }: Field, value: Json): Json {
  return type.name === 'integer' && typeof value === 'number' ? Math.ceil(value) : value
}

function sourcesOf({ reads }: Field): string {
  if (reads.kind === 'columns') return reads.columns.join(', ')
  return reads.kind === 'fact' ? `the fact ${reads.fact}` : 'an override'
}
