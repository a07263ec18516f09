import { ZdsError, type Json, type JsonObject, type Run } from 'zds'
import { visible, type ColumnLook } from '../check.ts'
import type { Connection } from '../connection.ts'

/** Undefined for a text that is none of the type. */
type Convert = (text: string) => Json | undefined

const number: Convert = (text) => (Number.isFinite(Number(text)) ? Number(text) : undefined)

/** What the texts of a CSV mean, by the type of their column; of any other type they are the value. */
const CONVERT: { readonly [type: string]: Convert } = {
  boolean: (text) => ({ true: true, false: false })[text],
  int: number,
  long: number,
  double: number,
  currency: number,
  percent: number,
  // A query writes the same moment with an offset (SF-07).
  datetime: (text) => text.replace(/Z$/, '+0000'),
}

/** A column of a row, and where its text is. */
type TypedColumn = { readonly name: string; readonly at: number; readonly type: string }

/**
 * Makes rows with the columns `given` of the texts of a CSV with those that were `asked` for, where
 * names that differ in case only are one. Their values are those that a query over REST has. An
 * empty text is null: Salesforce keeps no empty texts (SF-07).
 */
export async function typedRows(
  connection: Connection,
  object: string,
  { asked, given }: { readonly asked: readonly string[]; readonly given: readonly string[] },
  run: Run,
): Promise<(texts: readonly string[]) => JsonObject> {
  const look = visible((one) => connection.describe(one, run))
  const names = asked.map((name) => name.toLowerCase())
  const columns = given.map(async (name): Promise<TypedColumn> => {
    const type = (await typeOf(look, object, name.split('.'))) ?? 'string'
    return { name, at: names.indexOf(name.toLowerCase()), type }
  })
  const typed = await Promise.all(columns)
  return (texts) => Object.fromEntries(typed.map((column) => [column.name, valueOf(column, texts[column.at] ?? '')]))
}

function valueOf({ name, type }: TypedColumn, text: string): Json {
  if (text === '') return null
  const value = (CONVERT[type] ?? String)(text)
  if (value !== undefined) return value
  throw new ZdsError(
    'HTTP_UNREADABLE',
    `salesforce: a result has ${JSON.stringify(text)} as ${name}, which is a ${type}`,
  )
}

/** The type of a column, which may be one of a parent: of the first object that has it. */
async function typeOf(
  look: ColumnLook,
  object: string,
  [name = '', ...rest]: readonly string[],
): Promise<string | undefined> {
  const { fields, parents } = (await look(object)) ?? {}
  if (rest.length === 0) return fields?.get(name.toLowerCase())?.type
  for (const parent of parents?.get(name.toLowerCase())?.objects ?? []) {
    const type = await typeOf(look, parent, rest)
    if (type !== undefined) return type
  }
  return undefined
}
