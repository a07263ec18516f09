import type { Forecast, ForecastChange } from '../../core/answers/forecast.ts'
import type { Look } from './look.ts'
import { counted, indented, number, plain, shown } from './text.ts'

/** So many turns are listed before the rest is counted, and so many kinds of change. */
const TURNS = 20
const KINDS = 10
const BAR = 40

/** What time alone will change: records a month as a chart, what changes most, then each by its day. */
export function forecastLines({ asOf, until, syncs }: Forecast, look: Look): string[] {
  const all = syncs.flatMap(({ changes }) => changes)
  const what =
    all.length === 0 ? 'time alone changes nothing' : `${counted(turnsIn(all).length, 'turns')} by time alone`
  const lines = syncs.flatMap(({ name, changes }) =>
    changes.length === 0 ? [] : ['', look.paint('bold', plain(name)), ...syncLines(changes, look)],
  )
  return [look.paint('bold', `From ${asOf} until ${until}: ${what}`), ...lines].flatMap((line) =>
    indented(line, look.columns),
  )
}

function syncLines(changes: readonly ForecastChange[], look: Look): string[] {
  const turns = turnsIn(changes)
  const listed = look.all ? turns : turns.slice(0, TURNS)
  const rest = turns.length - listed.length
  return [
    ...chart(turns),
    '',
    ...kinds(changes, look),
    '',
    ...listed.flatMap((turn) => turnLines(turn, look)),
    ...(rest > 0 ? [`  … and ${number(rest)} more (--all shows all)`] : []),
  ]
}

/** What changes in one record on one day. */
type SameTurns = readonly ForecastChange[]

/** Whose record turns on which day: one turn, however many of its fields do. */
const turnsIn = (changes: readonly ForecastChange[]): SameTurns[] => [
  ...Map.groupBy(changes, ({ on, key }) => `${on} ${key}`).values(),
]

const dayOf = ([first]: SameTurns): string => first?.on ?? ''

/** Turns a month, as bars of one scale. */
function chart(turns: readonly SameTurns[]): string[] {
  const months = [...Map.groupBy(turns, (turn) => dayOf(turn).slice(0, 7))]
  const most = Math.max(...months.map(([, some]) => some.length))
  return months.map(
    ([month, { length }]) => `  ${month}  ${'#'.repeat(Math.ceil((length / most) * BAR))} ${number(length)}`,
  )
}

/** The changes that most records go through. */
function kinds(changes: readonly ForecastChange[], { all }: Look): string[] {
  const named = changes.filter(({ from, to }) => [from, to].every((value) => typeof value !== 'number'))
  const same = [...Map.groupBy(named, ({ field, from, to }) => `${plain(field)} ${shown(from)} -> ${shown(to)}`)]
  const most = same.toSorted(([, a], [, b]) => b.length - a.length)
  return (all ? most : most.slice(0, KINDS)).map(([kind, { length }]) => `  ${number(length).padStart(6)}  ${kind}`)
}

function turnLines(turn: SameTurns, { paint }: Look): string[] {
  const [first] = turn
  if (first === undefined) return []
  const fields = turn.map(({ field, from, to }) => `${plain(field)} ${shown(from)} -> ${shown(to)}`)
  return [
    `  ${paint('bold', first.on)}  ${plain(first.key)}${first.name === undefined ? '' : `  ${plain(first.name)}`}`,
    `    ${fields.join(', ')}`,
    `    ${paint('dim', plain(first.because))}`,
  ]
}
