import { textOf } from '../../json.ts'
import type { Row } from '../../types.ts'
import type { Compiled } from '../soql/compile.ts'
import type { Path } from '../soql/paths.ts'

const delimiters = { COMMA: ',', BACKQUOTE: '`', CARET: '^', PIPE: '|', SEMICOLON: ';', TAB: '\t' }
const lineEndings = { LF: '\n', CRLF: '\r\n' }

/** How a job wants its results written. */
export type CsvFormat = {
  readonly columnDelimiter: keyof typeof delimiters
  readonly lineEnding: keyof typeof lineEndings
}

export const isDelimiter = (name: string): name is CsvFormat['columnDelimiter'] => Object.hasOwn(delimiters, name)
export const isLineEnding = (name: string): name is CsvFormat['lineEnding'] => Object.hasOwn(lineEndings, name)

/** The header row and the rows of a query, each without its line ending. @internal */
export function csvLines(
  query: Compiled,
  rows: readonly Row[],
  format: CsvFormat,
): { readonly header: string; readonly lines: readonly string[] } {
  const delimiter = delimiters[format.columnDelimiter]
  return {
    header: query.columns.map((path) => quoted(path.name)).join(delimiter),
    lines: rows.map((row) => query.columns.map((path) => cell(row, path)).join(delimiter)),
  }
}

/** Lines as they are sent. */
export const csvText = (lines: readonly string[], { lineEnding }: CsvFormat): string =>
  lines.map((line) => line + lineEndings[lineEnding]).join('')

/** Null is nothing at all; times are in UTC with a Z, though the query resource says +0000. */
function cell(row: Row, { column, read }: Path): string {
  const text = textOf(read(row))
  if (text === '') return ''
  return quoted(column.type === 'datetime' ? utc(text) : text)
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

function utc(text: string): string {
  const time = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(time) ? text : new Date(time).toISOString()
}
