import type { SyncPlan } from '../../core/plan/plan.ts'
import { changeRows } from './change-rows.ts'
import { titleOf, type Subject } from './page/subject.ts'
import { fieldRows } from './plan/field-text.ts'
import { breachNotes, breachTitle, hurtNotes } from './plan/hurt-notes.ts'
import type { Note } from './plan/notes.ts'
import { createdNotes, leftNotes, numberNotes } from './plan/other-notes.ts'
import { overviewOf, type Overview } from './plan/overview.ts'
import { siteOf } from './plan/places.ts'
import { isBeyond, wideRows } from './plan/table.ts'
import { counted, number, plain } from './text.ts'

type MarkdownRow = readonly string[]

/** A comment of a merge request may have this many characters; bytes are never fewer. */
const MOST = 65_535
const AMOUNT = { names: 3, all: false, rest: 'zds show FILE --all has them all' }

/**
 * A plan or a run as Markdown: what the screen says, and every change where asked. Of syncs that
 * are not `named` there are numbers only.
 */
export function markdownOf(subject: Subject, named: readonly SyncPlan[], changes: boolean): string {
  const overview = overviewOf(subject.plan, named)
  const parts = [
    headOf(subject, overview),
    totals(overview, subject),
    ...list(breachTitle(overview), breachNotes(overview)),
    ...failures(subject, named),
    ...list('Read these first', hurtNotes(overview, AMOUNT)),
    ...list('New records', createdNotes(overview, AMOUNT)),
    ...titled('Fields of existing records', ['field', '', 'records', 'from -> to'], fieldCells(overview)),
    ...list('Left as they are', leftNotes(overview, AMOUNT)),
    ...list('Numbers only', numberNotes(overview)),
    ...(changes ? changeTable(named) : []),
  ]
  return `${parts.join('\n\n')}\n`
}

/** For a comment of a merge request: everything as far as there is room, and how much is missing. */
export function commentOf(subject: Subject, named: readonly SyncPlan[]): string {
  const lines = markdownOf(subject, named, true).trimEnd().split('\n')
  const end = (left: number): string => `\n… and ${number(left)} more lines: zds show FILE --all has them`
  let used = sizeOf(end(lines.length)) + 1
  const most = lines.findIndex((line) => (used += sizeOf(line) + 1) > MOST)
  return `${(most === -1 ? lines : [...lines.slice(0, most), end(lines.length - most)]).join('\n')}\n`
}

/** The changes of a part of a plan, without the rest. */
export const changesMarkdown = (syncs: readonly SyncPlan[]): string => `${changeTable(syncs).join('\n\n')}\n`

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

const sizeOf = (text: string): number => Buffer.byteLength(text)

function headOf(subject: Subject, { changes, breaches, digest, instances }: Overview): string {
  const total = changes === 0 ? 'nothing to do' : counted(changes, 'changes')
  const beyond = breaches.length === 0 ? '' : ', **not approved**'
  const places = instances.flatMap(({ name, address }) =>
    address === undefined ? [] : [`- ${verbatim(name)} ${verbatim(siteOf(address).text)}`],
  )
  const end = subject.report === undefined ? beyond : ''
  return [`## ${titleOf(subject)}: ${total}${end}`, '', ...places, `- digest ${verbatim(digest)}`].join('\n')
}

function totals({ syncs }: Overview, { report }: Subject): string {
  const [[, ...head] = [], ...rows] = wideRows(syncs, report)
  const cells = rows.map(([name = '', ...numbers], at) => {
    const row = syncs[at]
    const marked = numbers.map((cell, column) =>
      row !== undefined && isBeyond(row, head[column] ?? '') ? `**${cell}**` : cell,
    )
    return [row === undefined ? name : verbatim(name), ...marked]
  })
  return table(['sync', ...head], cells, ' ---: |')
}

/** What a run did not get done. */
function failures({ report }: Subject, named: readonly SyncPlan[]): string[] {
  const told = report?.syncs.filter(({ name }) => named.some((sync) => sync.name === name)) ?? []
  const rows = told.flatMap(({ name: sync, failures: some = [] }) =>
    some.map(({ key, name = '', code, message }) => [sync, key, name, code, message].map(verbatim)),
  )
  return titled('What was not done', ['sync', 'key', 'name', 'code', 'why'], rows)
}

function list(title: string, notes: readonly Note[]): string[] {
  if (notes.length === 0) return []
  const items = notes.flatMap(({ text, below = [] }) => [
    `- ${verbatim(text)}`,
    ...below.map((line) => `    - ${verbatim(line)}`),
  ])
  return [`### ${title}`, items.join('\n')]
}

const fieldCells = ({ fields }: Overview): MarkdownRow[] =>
  fieldRows(fields).map(([field, kind, records, turns]) => [verbatim(field), kind, records, verbatim(turns)])

const changeTable = (syncs: readonly SyncPlan[]): string[] =>
  titled(
    'Changes',
    ['sync', 'op', 'key', 'name', 'reason', 'field', 'from', 'to'],
    changeRows(syncs).map((row) => row.map(verbatim)),
  )

const titled = (title: string, head: MarkdownRow, rows: readonly MarkdownRow[]): string[] =>
  rows.length === 0 ? [] : [`### ${title}`, table(head, rows)]

function table(head: MarkdownRow, rows: readonly MarkdownRow[], rule = ' --- |'): string {
  const cells = (row: MarkdownRow): string => `| ${row.join(' | ')} |`
  return [cells(head), `| --- |${rule.repeat(head.length - 1)}`, ...rows.map(cells)].join('\n')
}
