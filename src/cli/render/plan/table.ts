import { OPS, type Allowed, type Op } from '../../../core/plan/plan.ts'
import type { Report } from '../../../core/run/report.ts'
import type { Look } from '../look.ts'
import { cut } from '../letters.ts'
import { number, percent, plain } from '../text.ts'
import type { SyncRow } from './overview.ts'
import { widthOf } from '../width.ts'

type TableRow = readonly string[]
type Column = { readonly head: string; readonly of: (row: SyncRow) => string; readonly limit: (row: SyncRow) => string }

/** A name is cut from here on, so that the numbers stay beside it; of several the first is told. */
const NAME = 21
const GAP = '  '

/** One table for all syncs: what becomes of their records, and in the last rows what may. */
export function tableLines(syncs: readonly SyncRow[], look: Look): string[] {
  const whole = aligned(tableRows(syncs))
  const fits = whole.every((line) => widthOf(line) <= look.columns)
  const [head = '', ...lines] = fits ? whole : aligned(tableRows(syncs, false))
  const broken = new Set(syncs.flatMap((row, at) => (isBroken(row) ? [at] : [])))
  return [
    look.paint('bold', head),
    ...lines.map((line, at) => {
      if (at >= syncs.length) return look.paint('dim', line)
      return broken.has(at) ? look.paint('red', line) : line
    }),
  ]
}

/** Whether a limit is broken by what is below a head of the table. */
export const isBeyond = ({ operations }: SyncRow, head: string): boolean =>
  OPS.some((op) => op === head && operations[op].broken)

const isBroken = ({ operations }: SyncRow): boolean => Object.values(operations).some(({ broken }) => broken)

/** Head, syncs and limits in columns; with or without what share of the records is meant. */
function tableRows(syncs: readonly SyncRow[], shares = true): TableRow[] {
  const removes = hasAny('remove', syncs)
  return rowsOf(syncs, [
    ...OPS.filter((op) => op !== 'remove' || removes).map((op) => column(op, shares && hasAny(op, syncs))),
    ...REST,
  ])
}

/**
 * The same where there is room: counts alone, then what became of them, then of how many records
 * which share is meant.
 */
export function wideRows(syncs: readonly SyncRow[], report?: Report): TableRow[] {
  const ops = OPS.filter((op) => op !== 'remove' || hasAny('remove', syncs))
  const ends = (['done', 'failed', 'stale'] as const).map((end) => ({
    head: end,
    of: ({ name }: SyncRow) => number(report?.syncs.find((sync) => sync.name === name)?.[end] ?? 0),
    limit: () => '',
  }))
  return rowsOf(syncs, [
    ...ops.map((op) => plainColumn(op)),
    ...REST,
    ...(report === undefined ? [] : ends),
    { head: 'existing', of: ({ existing }) => number(existing), limit: () => '' },
    ...ops.filter((op) => op !== 'create').map((op) => shareColumn(op)),
  ])
}

const REST: readonly Column[] = [
  { head: 'left', of: ({ left }) => number(left), limit: () => '' },
  { head: 'in sync', of: ({ inSync }) => (inSync === undefined ? '' : number(inSync)), limit: () => '' },
]

const rowsOf = (syncs: readonly SyncRow[], columns: readonly Column[]): TableRow[] => [
  ['', ...columns.map(({ head }) => head)],
  ...syncs.map((row) => [row.name, ...columns.map(({ of }) => of(row))]),
  ...limitRows(syncs, columns),
]

const plainColumn = (op: Op): Column => ({
  head: op,
  of: ({ operations }) => number(operations[op].count),
  limit: ({ operations }) => limitText(operations[op].limit),
})

const shareColumn = (op: Op): Column => ({
  head: `${op}d`,
  of: ({ operations }) => {
    const { count, share } = operations[op]
    return share === undefined || count === 0 ? '' : shareText(share)
  },
  limit: () => '',
})

const hasAny = (op: Op, syncs: readonly SyncRow[]): boolean => syncs.some(({ operations }) => operations[op].count > 0)

function column(op: Op, shares: boolean): Column {
  return {
    head: op,
    of: ({ operations }) => {
      const { count, share, broken } = operations[op]
      const part = share === undefined || !shares ? '' : (count === 0 ? '' : shareText(share)).padStart(SHARE)
      return `${broken ? '! ' : ''}${number(count)}${part}`
    },
    limit: ({ operations }) => limitText(operations[op].limit),
  }
}

/** With one digit, so that shares stand below each other. */
const shareText = (share: number): string => `${(share * 100).toFixed(1)} %`
const SHARE = 9

const limitText = (limit: Allowed | undefined): string =>
  limit === undefined ? 'none' : limit.share === undefined ? number(limit.most) : percent(limit.share)

/** The limits of the largest sync and all with the same, and a row for each kind of others. */
function limitRows(syncs: readonly SyncRow[], columns: readonly Column[]): TableRow[] {
  const bySize = syncs.filter(({ bounded }) => bounded).toSorted((a, b) => b.existing - a.existing)
  const rows = bySize.map((row) => ({ name: row.name, cells: columns.map(({ limit }) => limit(row)) }))
  const kinds = [...Map.groupBy(rows, ({ cells }) => cells.join('|')).values()]
  return kinds.flatMap((some, at) => {
    const [first] = some
    if (first === undefined) return []
    const whose = at === 0 ? 'limit' : `limit ${some.map(({ name }) => name).join(', ')}`
    return [[whose, ...first.cells]]
  })
}

const nameOf = (name: string): string => (widthOf(name) <= NAME ? name : cut(name.replace(/,.*/, ', …'), NAME))

function aligned(table: readonly TableRow[]): string[] {
  const rows = table.map(([name = '', ...cells]) => [nameOf(plain(name)), ...cells])
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const blanks = ' '.repeat((widths[at] ?? 0) - widthOf(cell))
        return at === 0 ? cell + blanks : blanks + cell
      })
      .join(GAP)
      .trimEnd(),
  )
}
