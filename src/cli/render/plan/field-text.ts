import type { Json } from '../../../core/json.ts'
import { cut } from '../letters.ts'
import { hanging, number, plain, shown } from '../text.ts'
import type { FieldLine, ValueTurn } from './fields.ts'
import { widthOf } from '../width.ts'

/** So many different values are told one by one. */
const VALUES = 4
const WIDTH = 32

/** A line for each field, below its columns. */
export function fieldLines(fields: readonly FieldLine[], columns: number): string[] {
  const rows = fieldRows(fields)
  const labels = rows.map(([field]) => cut(plain(field), LABEL))
  const width = Math.max(TITLE.length - INDENT.length, ...labels.map((label) => widthOf(label)))
  const lines = rows.flatMap(([, kind, records, turns], at) => {
    const label = labels[at] ?? ''
    const blanks = ' '.repeat(width - widthOf(label))
    const start = `${INDENT}${label}${blanks} ${kind.padEnd(KIND)}${records.padStart(COUNT)}${GAP}`
    return hanging(start, turns, columns)
  })
  const head = `${TITLE.padEnd(width + INDENT.length + 1 + KIND)}${'records'.padStart(COUNT)}${GAP}from -> to`
  return [head, ...lines]
}

const TITLE = 'FIELDS OF EXISTING RECORDS'
const INDENT = '  '
const GAP = '   '
const KIND = 7
const COUNT = 8
const LABEL = 34

/** Field, kind, number of records, and what becomes of its values, of each line. */
export const fieldRows = (fields: readonly FieldLine[]) =>
  fields.map((line) => [labelOf(line, fields), kindOf(line), number(line.records), turnsText(line)] as const)

/** Of another kind of records than the first line is of, a field says which are meant. */
const labelOf = ({ field, resource }: FieldLine, [first]: readonly FieldLine[]): string =>
  resource === first?.resource ? field : `${field} (${resource})`

/** `new`, `set`, `emptied`: where all records of a field have that in common. */
function kindOf({ isNew, ownKey, records, set, emptied }: FieldLine): string {
  if (isNew) return 'new'
  if (set === records) return ownKey ? 'adopted' : 'set'
  return emptied === records ? 'emptied' : ''
}

/** What a field becomes, in a few words: values, or how many, or how far up and down. */
function turnsText(line: FieldLine): string {
  const { turns, numbers, days, ownKey } = line
  if (ownKey) return `${turns.every(({ from }) => isEmpty(from)) ? `'' -> ` : ''}its own key`
  if (turns.length <= VALUES && !(numbers && turns.length > 2)) return everyTurn(turns)
  if (numbers) return [`${number(numbers.up)} up`, `${number(numbers.down)} down`, signed(numbers.sum)].join(', ')
  if (days) return `${number(days.later)} later, ${number(days.earlier)} earlier`
  return manyTurns(line)
}

/** `'' -> Finance 3,450, Energy 3,451`: each value before, and what becomes of it. */
function everyTurn(turns: readonly ValueTurn[]): string {
  const before = Map.groupBy(turns, ({ from }) => value(from))
  return [...before]
    .map(([from, some]) => `${from} -> ${some.map(({ to, records }) => `${value(to)} ${number(records)}`).join(', ')}`)
    .join('; ')
}

function manyTurns({ turns, records, set, emptied }: FieldLine): string {
  const values = new Map<string, number>()
  for (const { to, records: some } of turns)
    if (!isEmpty(to)) values.set(value(to), (values.get(value(to)) ?? 0) + some)
  const parts = [...values].toSorted(([, a], [, b]) => b - a).map(([text, some]) => `${text} ${number(some)}`)
  const few = parts.length <= VALUES && values.size * 2 <= records
  if (few && set === records) return `'' -> ${parts.join(', ')}`
  const others = records - set - emptied
  const counts = [
    ...(others > 0 && others < records ? [`${number(others)} changed`] : []),
    ...(set > 0 && set < records ? [`${number(set)} set`] : []),
    ...(emptied > 0 ? [`${number(emptied)} emptied`] : []),
  ]
  if (values.size === 0) return counts.join(', ')
  const now = few ? `now ${parts.join(', ')}` : `${number(values.size)} different`
  return [...counts, now].join(', ')
}

const isEmpty = (of: Json): boolean => of === null || of === ''
const value = (of: Json): string => cut(shown(of), WIDTH)
const signed = (sum: number): string => `${sum > 0 ? '+' : ''}${sum.toLocaleString('en', { maximumFractionDigits: 2 })}`
