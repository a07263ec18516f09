import type { ImpactChange } from '../../core/answers/impact-changes.ts'
import type { Impact } from '../../core/answers/impact.ts'
import type { Look } from './look.ts'
import { cut } from './letters.ts'
import { counted, number, plain, shown, wrapped } from './text.ts'

type SyncImpact = Impact['syncs'][number]
type Causes = NonNullable<Impact['causes']>

/** Records of a field, or that come or go, before the rest is only counted. */
const EXAMPLES = 5

/** What a change would cause, per sync: field by field, then records that come and go. */
export function impactLines({ syncs, causes = [] }: Impact, base: string, look: Look): string[] {
  const concerned = syncs.filter((sync) => totalOf(sync) > 0)
  if (concerned.length === 0) return [`Nothing changes that ${plain(base)} would not do as well`]
  return concerned.flatMap((sync, index) => [
    ...(index === 0 ? [] : ['']),
    ...wrapped(`${look.paint('bold', plain(sync.name))}: ${headOf(sync)}`, look.columns),
    ...detailsOf(sync, causes, look.all ? Number.POSITIVE_INFINITY : EXAMPLES).map((line) =>
      cut(`  ${line}`, look.columns),
    ),
  ])
}

/** The same for a comment; of syncs that are confined only the numbers (OPS-08). */
export function impactMarkdown({ syncs, causes = [] }: Impact, base: string): string[] {
  const rows = syncs.map((sync) => `| ${sync.name} | ${headOf(sync)} |`)
  const shows = (sync: SyncImpact): boolean => totalOf(sync) > 0 && sync.confined !== true
  const details = syncs.flatMap((sync) => (shows(sync) ? sectionOf(sync, causes) : []))
  return [
    `### What this would change beside \`${plain(base)}\``,
    '',
    '| sync | |',
    '| --- | --- |',
    ...rows,
    ...details,
  ]
}

const sectionOf = (sync: SyncImpact, causes: Causes): string[] => [
  '',
  `#### ${sync.name}`,
  '',
  '```text',
  ...detailsOf(sync, causes, EXAMPLES).map(unfenced),
  '```',
]

/** A fence in a value would end the block that it stands in. */
const unfenced = (line: string): string => line.replaceAll('```', "'''")

const totalOf = ({ changes, appear, disappear }: SyncImpact): number =>
  changes.length + appear.length + disappear.length

function headOf({ changes, appear, disappear }: SyncImpact): string {
  const records = new Set(changes.map(({ key }) => key)).size
  const parts = [
    ...(records > 0 ? [`${counted(records, 'records')} otherwise`] : []),
    ...(appear.length > 0 ? [`${number(appear.length)} more to create`] : []),
    ...(disappear.length > 0 ? [`${number(disappear.length)} fewer to create`] : []),
  ]
  return parts.length === 0 ? 'no difference' : parts.join(', ')
}

function detailsOf({ name, changes, appear, disappear }: SyncImpact, causes: Causes, most: number): string[] {
  const fields = [...Map.groupBy(changes, ({ field }) => field)].toSorted(([, a], [, b]) => b.length - a.length)
  return [
    ...fields.flatMap(([field, some]) => [
      `${plain(field)}: ${counted(some.length, 'records')}${rulesOf(name, field, causes)}`,
      ...first(some, most, ({ key, base, now }: ImpactChange) => `  ${plain(key)}  ${shown(base)} -> ${shown(now)}`),
    ]),
    ...first(appear, most, (key) => `+ ${plain(key)}`),
    ...first(disappear, most, (key) => `- ${plain(key)}`),
  ]
}

/** The rules of the records that were looked at; several where not all differ by the same ones. */
function rulesOf(sync: string, field: string, causes: Causes): string {
  const told = causes.filter((one) => one.sync === sync && one.field === field && one.rules.length > 0)
  return told.length === 0 ? '' : `, by ${told.map(({ rules }) => rules.join(', ')).join('; or by ')}`
}

function first<Item>(items: readonly Item[], most: number, lineOf: (item: Item) => string): string[] {
  const left = items.length - most
  return [...items.slice(0, most).map(lineOf), ...(left > 0 ? [`  … and ${number(left)} more (--all)`] : [])]
}
