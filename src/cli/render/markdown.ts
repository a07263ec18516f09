import type { SyncPlan } from '../../core/plan/plan.ts'
import { countsOf, type Subject } from './page/subject.ts'
import { number, plain, shown } from './text.ts'

/** A comment of a merge request may have this many characters; bytes are never fewer. */
const MOST = 65_535

/**
 * A plan or a run for a merge request: numbers and limits first, then what is retired, then single
 * changes as far as there is room. `named` are the syncs whose records are told.
 */
export function markdownOf(subject: Subject, named: readonly SyncPlan[]): string {
  const { plan, report } = subject
  const title = report === undefined ? `Plan as of ${plan.asOf}` : `Run ${report.run}: ${report.status}`
  const lines = [
    `### ${title}`,
    '',
    ...totals(subject),
    '',
    ...plan.syncs.flatMap(warnings),
    ...named.flatMap((sync) => changes(sync)),
  ]
  const end = ['', `Digest \`${plan.digest}\``, '']
  return [...fitting(lines, MOST - sizeOf(end.join('\n'))), ...end].join('\n')
}

const sizeOf = (text: string): number => Buffer.byteLength(text)

/** As many lines as there is room for, and one that says how many are missing. */
function fitting(lines: readonly string[], room: number): string[] {
  const rest = (left: number): string => `… and ${number(left)} more lines: zds show has them all`
  let used = sizeOf(rest(lines.length)) + 1
  const most = lines.findIndex((line) => (used += sizeOf(line) + 1) > room)
  return most === -1 ? [...lines] : [...lines.slice(0, most), rest(lines.length - most)]
}

function totals(subject: Subject): string[] {
  const rows = subject.plan.syncs.map((sync) => ({ sync, counts: countsOf(sync, subject) }))
  const columns = [...new Set(rows.flatMap(({ counts }) => Object.keys(counts)))]
  return [
    `| sync | ${columns.map((column) => (column === 'heldBack' ? 'held back' : column)).join(' | ')} | existing |`,
    `|---|${columns.map(() => '---:|').join('')}---:|`,
    ...rows.map(
      ({ sync, counts }) =>
        `| ${cell(sync.name)} | ${columns.map((column) => number(counts[column] ?? 0)).join(' | ')} | ${number(sync.existing)} |`,
    ),
  ]
}

const warnings = ({ name, excesses, complete }: SyncPlan): string[] => [
  ...excesses.map(({ message }) => `- **${cell(name)} is beyond its limit**: ${cell(message)}`),
  ...(complete.desired && complete.existing ? [] : [`- **${cell(name)}: what was read is not proved complete**`]),
]

function changes(sync: SyncPlan): string[] {
  if (sync.changes.length === 0) return []
  const worstFirst = [...sync.changes].toSorted((a, b) => WEIGHT[a.op] - WEIGHT[b.op])
  return [
    '',
    `#### ${cell(sync.name)}`,
    '',
    ...worstFirst.map((change) => {
      const { op, key, name = '', fields, reason } = change
      const what =
        op === 'update'
          ? Object.entries(fields).map(([field, { from, to }]) => `${field} ${shown(from)} → ${shown(to)}`)
          : [sync.words[reason ?? ''] ?? reason ?? '']
      return `- ${op} \`${plain(key).replaceAll('`', "'")}\` ${cell(name)} ${cell(what.join(', '))}`.trimEnd()
    }),
  ]
}

const WEIGHT = { retire: 0, remove: 0, update: 1, create: 2 } as const

/** Text that is no markup of Markdown or HTML, on one line. */
const cell = (text: string): string => plain(text).replaceAll(/[\\`*_{}[\]<>#|~&@!]/g, String.raw`\$&`)
