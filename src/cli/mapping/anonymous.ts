import { canonical, type Json } from '../../core/json.ts'

/** Rows by the name of their source. */
export type Rows = { readonly [source: string]: readonly Json[] }

/**
 * Rows without personal data, the columns that were left because the outcome depends on them, and
 * what replaces what.
 */
export type AnonymousRows = {
  readonly given: Rows
  readonly kept: readonly string[]
  readonly replaced: (text: string) => string
}

/**
 * Replaces each text that is no id and no date: names and addresses always, any other column unless
 * the outcome depends on more of it than that it is copied. The same text gets the same word.
 */
export async function anonymise(
  given: Rows,
  names: ReadonlySet<string>,
  outcomeOf: (given: Rows, replaced: (text: string) => string) => Promise<Json>,
): Promise<AnonymousRows> {
  const words = wordsFor(names)
  const replaced = (text: string): string => (isPersonal(text, names) ? words(text) : text)
  const always = mapped(given, replaced)
  const before = await outcomeOf(always, replaced)
  const kept: string[] = []
  for (const [column, texts] of columnsOf(always, words.made)) {
    const swap = (text: string): string => (texts.has(text) ? words(text) : text)
    const after = await outcomeOf(
      mapped(always, (text, at) => (at === column ? swap(text) : text)),
      replaced,
    ).catch(() => null)
    if (![before, textsIn(before, swap)].some((same) => canonical(same) === canonical(after))) kept.push(column)
  }
  const clear = (text: string, at: string): string => {
    if (isPlain(text) || words.made.has(text)) return text
    return kept.includes(at) ? withoutNames(text, names, words) : words(text)
  }
  return { given: mapped(always, clear), kept, replaced }
}

const isPersonal = (text: string, names: ReadonlySet<string>): boolean => text.includes('@') || names.has(text)

/** Dates, moments, and ids, which name nobody by themselves. */
const isPlain = (text: string): boolean =>
  text === '' ||
  /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-][\d:]+)?)?$/.test(text) ||
  /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(text)

type Replaced = ((text: string) => string) & { readonly made: ReadonlySet<string> }

/** A word for each text, numbered in the order in which they come. */
function wordsFor(names: ReadonlySet<string>): Replaced {
  const known = new Map<string, string>()
  const made = new Set<string>()
  const counts = { name: 0, person: 0, number: 1_000, text: 0 }
  const next = (text: string): string => {
    if (text.includes('@')) return `person-${(counts.person += 1)}@example.com`
    if (/^\d+$/.test(text)) return String((counts.number += 1))
    return names.has(text) ? `Name ${(counts.name += 1)}` : `Text ${(counts.text += 1)}`
  }
  const word = (text: string): string => {
    const key = text.includes('@') ? text.trim().toLowerCase() : text
    const found = known.get(key) ?? next(text)
    known.set(key, found)
    made.add(found)
    return found
  }
  return Object.assign(word, { made })
}

/** What stands in a text that has to stay is no name either. */
function withoutNames(text: string, names: ReadonlySet<string>, words: Replaced): string {
  const long = [...names].filter((name) => name.length > 3)
  return long.reduce((rest, name) => (rest.includes(name) ? rest.replaceAll(name, words(name)) : rest), text)
}

/** The texts of each column that may be replaced. */
function columnsOf(given: Rows, made: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const columns = new Map<string, Set<string>>()
  mapped(given, (text, column) => {
    if (!isPlain(text) && !made.has(text)) columns.set(column, (columns.get(column) ?? new Set()).add(text))
    return text
  })
  return columns
}

const mapped = (given: Rows, swap: (text: string, column: string) => string): Rows =>
  Object.fromEntries(
    Object.entries(given).map(([source, rows]) => [source, rows.map((row) => textsIn(row, swap, source))]),
  )

/** A value with its texts replaced, each of which is told with the column that it stands in. */
function textsIn(value: Json, swap: (text: string, column: string) => string, column = ''): Json {
  if (typeof value === 'string') return swap(value, column)
  if (Array.isArray(value)) return value.map((one: Json) => textsIn(one, swap, column))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, textsIn(one, swap, `${column} ${name}`)]))
}
