import { readText, ZdsError, type Setting, type Source } from 'zds'

type CsvRow = { readonly [column: string]: string }

/**
 * The rows of a file of comma-separated values (RFC 4180), by the names in its first line. `check`
 * names columns that it lacks. Throws FILE_INVALID, naming the line.
 */
export function csv(options: {
  readonly name: string
  readonly path: Setting
  readonly columns: readonly string[]
}): Source<CsvRow> {
  const { name, path, columns } = options
  return {
    name,
    check: async () => {
      const [header = []] = recordsIn(await readText(path.read()), path.read())
      const lacking = columns.filter((column) => !header.includes(column))
      return lacking.map((column) => ({
        code: 'FILE_INVALID',
        where: path.read(),
        message: `has no column ${column}`,
        hint: `Its first line has ${header.join(', ')}.`,
      }))
    },
    read: async function* (run) {
      run.signal.throwIfAborted()
      const [header = [], ...records] = recordsIn(await readText(path.read()), path.read())
      run.expect(records.length)
      for (const record of records) {
        run.signal.throwIfAborted()
        yield Object.fromEntries(header.map((column, at) => [column, record[at] ?? '']))
      }
    },
  }
}

/** A value, in quotes or not, and what ends it. */
const VALUE = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y

/** All lines as lists of values; lines without anything are left out. */
function recordsIn(text: string, file: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  VALUE.lastIndex = 0
  while (VALUE.lastIndex < text.length) {
    const start = VALUE.lastIndex
    const [, quoted, plain = '', end] = VALUE.exec(text) ?? unreadable(text.slice(0, start), file)
    record.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === ',' && VALUE.lastIndex < text.length) continue
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  return even(records, file)
}

/** A line with a comma too many or too few would put values under other names. */
function even(records: string[][], file: string): string[][] {
  const width = records[0]?.length ?? 0
  const odd = records.findIndex((record) => record.length !== width)
  if (odd === -1) return records
  const values = records[odd]?.length ?? 0
  throw new ZdsError('FILE_INVALID', `${file}: record ${odd} has ${values} values, the first line has ${width}`, {
    hint: 'A value with a comma, a quote or a line end stands in quotes.',
  })
}

function unreadable(before: string, file: string): never {
  throw new ZdsError('FILE_INVALID', `${file}:${before.split('\n').length} has a quote where none can be`, {
    hint: 'A value with a quote stands in quotes, and the quote in it is doubled.',
  })
}
