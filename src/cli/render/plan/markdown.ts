import type { Change, Plan } from '../../../core/plan/plan.ts'
import type { Look } from '../look.ts'
import { counted, plain, shown } from '../text.ts'
import { fieldRows } from './field-text.ts'
import { hurtLines } from './hurt-lines.ts'
import { overviewOf, type Overview } from './overview.ts'
import { siteOf } from './places.ts'
import { createdLines, leftLines } from './screen.ts'
import { tableRows } from './table.ts'

type Row = readonly string[]

/** Lines that stand in a list, without the colours and columns of a terminal. */
const LOOK: Look = { columns: Number.POSITIVE_INFINITY, paint: (_, text) => text, all: false }

/** A plan as Markdown, for a merge request: what the screen says, and every change where asked. */
export function markdownOf(plan: Plan, all: boolean): string {
  const overview = overviewOf(plan)
  const [head = [], ...syncs] = tableRows(overview.syncs)
  const parts = [
    headOf(overview),
    table(
      ['sync', ...head.slice(1)],
      syncs.map(([name = '', ...cells]) => [verbatim(name), ...cells.map(tight)]),
    ),
    ...list(
      'Stopped by limits',
      overview.breaches.map(({ sync, id, message }) => `${sync}: ${message} [${id}]`),
    ),
    ...list('Read these first', hurtLines(overview, LOOK)),
    ...list('New records', createdLines(overview, LOOK)),
    ...titled('Fields of existing records', ['field', '', 'records', 'from -> to'], fieldCells(overview)),
    ...list('Left as they are', leftLines(overview, LOOK)),
    ...(all ? changeTable(plan) : []),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The changes of a part of a plan, without the rest. */
export const changesMarkdown = (plan: Plan): string => `${changeTable(plan).join('\n\n')}\n`

/**
 * Text as it is, in a span of code: nothing in it becomes a link, a mention, a heading or a cell.
 */
export function verbatim(text: string): string {
  const safe = plain(text.trim()).replaceAll('|', String.raw`\|`)
  if (safe === '') return ''
  const longest = Math.max(0, ...(safe.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${safe}${fence}` : `${fence} ${safe} ${fence}`
}

function headOf({ asOf, changes, breaches, digest, instances }: Overview): string {
  const total = changes === 0 ? 'nothing to do' : counted(changes, 'changes')
  const beyond = breaches.length === 0 ? '' : ', **not approved**'
  const places = instances.flatMap(({ name, address }) =>
    address === undefined ? [] : [`- ${verbatim(name)} ${verbatim(siteOf(address).text)}`],
  )
  return [`## Plan as of ${asOf}: ${total}${beyond}`, '', ...places, `- digest ${verbatim(digest)}`].join('\n')
}

function list(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const items = lines.map((line) => `${line.startsWith('      ') ? '    ' : ''}- ${verbatim(line.replace(MARK, ''))}`)
  return [`### ${title}`, items.join('\n')]
}

/** What begins a line of the screen: `- `, `! `. */
const MARK = /^ {2}[-+.!vi^] /

/** Numbers of a column of the screen, without the blanks that align them. */
const tight = (cell: string): string => cell.replaceAll(/ +/g, ' ')

const fieldCells = ({ fields }: Overview): Row[] =>
  fieldRows(fields).map(([field, kind, records, turns]) => [verbatim(field), kind, records, verbatim(turns)])

const titled = (title: string, head: Row, rows: readonly Row[]): string[] =>
  rows.length === 0 ? [] : [`### ${title}`, table(head, rows)]

function table(head: Row, rows: readonly Row[]): string {
  const cells = (row: Row): string => `| ${row.join(' | ')} |`
  return [cells(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(cells)].join('\n')
}

function changeTable({ syncs }: Plan): string[] {
  const rows = syncs.flatMap(({ name, changes }) => changes.flatMap((change) => rowsOf(change, name)))
  return titled('Changes', ['sync', 'op', 'key', 'name', 'field', 'from', 'to'], rows)
}

function rowsOf({ op, key, name = '', fields }: Change, sync: string): Row[] {
  const head = [verbatim(sync), op, verbatim(key), verbatim(name)]
  const values = Object.entries(fields).map(([field, { from, to }]) => [
    ...head,
    ...[field, shown(from), shown(to)].map(verbatim),
  ])
  return values.length === 0 ? [[...head, '', '', '']] : values
}
