import type { LogAsked, LogChange, LogEntry } from '../../core/answers/log.ts'
import { shortDigest } from '../../core/telling.ts'
import { waitWords } from '../../core/waits.ts'
import type { Paint } from './paint.ts'
import { counted, number, plain, shown } from './text.ts'

/**
 * The history for people: a line for each thing that happened, below it why it failed, what waited
 * for what, and the changes of a key.
 */
export function logLines(log: readonly LogEntry[], { key }: Pick<LogAsked, 'key'>, paint: Paint): string[] {
  if (log.length === 0)
    return [
      key === undefined
        ? 'Nothing of that kind has happened here.'
        : `Nothing that is remembered here has a change of ${plain(key)}: give its key, its id, or its whole name.`,
    ]
  return log.flatMap((entry) => [
    lineOf(entry, paint),
    ...errorLines(entry, paint),
    ...waitLines(entry, paint),
    ...changeLines(entry, paint),
  ])
}

const COLOURS = { plan: 'dim', apply: 'bold', refused: 'yellow', failed: 'red' } as const

function lineOf(entry: LogEntry, paint: Paint): string {
  const { at, kind, run, asOf, digest } = entry
  const day = at.startsWith(asOf) ? '' : `, as of ${asOf}`
  const end = digest === undefined ? '' : `  ${shortDigest({ digest })}`
  return `${at.slice(0, 19).replace('T', ' ')}  ${paint(COLOURS[kind], kind.padEnd(7))}  ${run}  ${whatOf(entry)}${day}${end}`
}

function whatOf({ kind, status, changes = 0, done = 0, approval, forced, error }: LogEntry): string {
  if (kind === 'apply') {
    const why = approval?.because === undefined ? '' : `: ${plain(approval.because)}`
    const who = approval === undefined ? '' : `, ${forced ? 'forced' : 'approved'} by ${plain(approval.by)}${why}`
    return `${status}, ${number(done)} of ${counted(changes, 'changes')} done${who}`
  }
  return kind === 'plan' ? counted(changes, 'changes') : (error?.code ?? '')
}

const errorLines = ({ error }: LogEntry, paint: Paint): string[] =>
  error === undefined ? [] : [paint('dim', `    [${error.code}] ${plain(error.message)}`)]

const waitLines = ({ waits = [] }: LogEntry, paint: Paint): string[] =>
  waits.map((wait) => {
    const took = (Date.parse(wait.until) - Date.parse(wait.since)) / 1000
    return paint('dim', `    ${plain(`${wait.sync}: ${waitWords(wait)}`)}, ${took.toFixed(1)} s`)
  })

const changeLines = ({ ofKey = [] }: LogEntry, paint: Paint): string[] =>
  ofKey.flatMap((change) => [headOf(change), ...fieldLines(change, paint)])

function headOf({ sync, op, key, name, outcome }: LogChange): string {
  const end =
    outcome === undefined ? '' : `: ${outcome.status}${outcome.code === null ? '' : ` (${plain(outcome.code)})`}`
  return `    ${plain(sync)} ${op} ${name === undefined ? plain(key) : `${plain(name)} (${plain(key)})`}${end}`
}

const fieldLines = ({ fields, drift = [] }: LogChange, paint: Paint): string[] =>
  Object.entries(fields).map(([field, { from, to }]) => {
    const edited = drift.includes(field) ? paint('yellow', '  (somebody had changed it)') : ''
    return `      ${plain(field)}: ${shown(from)} -> ${shown(to)}${edited}`
  })
