import type { Forecast, ForecastChange } from '../../core/run/forecast.ts'
import type { Look } from './look.ts'
import { counted, number, plain, shown, wrapped } from './text.ts'

/** So many records of a day are listed before the rest is counted. */
const RECORDS = 10
const BAR = 40

/** What time alone will change: a chart of records a month, then each day with its causes. */
export function forecastLines({ asOf, until, syncs }: Forecast, look: Look): string[] {
  const all = syncs.flatMap(({ changes }) => changes)
  const head = `${asOf} to ${until}: ${all.length === 0 ? 'time alone changes nothing' : counted(recordsIn(all), 'turns')}`
  const lines = syncs
    .filter(({ changes }) => changes.length > 0)
    .flatMap(({ name, changes }) => [
      '',
      look.paint('bold', plain(name)),
      ...chart(changes),
      ...[...Map.groupBy(changes, ({ on }) => on)].flatMap(([on, some]) => dayLines(on, some, look)),
    ])
  return [look.paint('bold', head), ...lines].flatMap((line) => wrapped(line, look.columns))
}

/** A record that turns on a day is one turn, however many of its fields do. */
const recordsIn = (changes: readonly ForecastChange[]): number => turnsIn(changes).size

const turnsIn = (changes: readonly ForecastChange[]): Map<string, ForecastChange[]> =>
  Map.groupBy(changes, ({ on, key }) => `${on} ${key}`)

/** Records a month, as bars of one scale. */
function chart(changes: readonly ForecastChange[]): string[] {
  const months = [...Map.groupBy(changes, ({ on }) => on.slice(0, 7))].map(([month, some]) => ({
    month,
    turns: recordsIn(some),
  }))
  const most = Math.max(...months.map(({ turns }) => turns))
  return months.map(({ month, turns }) => `  ${month}  ${'#'.repeat(Math.ceil((turns / most) * BAR))} ${number(turns)}`)
}

function dayLines(on: string, changes: readonly ForecastChange[], look: Look): string[] {
  const turns = [...turnsIn(changes).values()]
  const listed = look.all ? turns : turns.slice(0, RECORDS)
  const rest = turns.length - listed.length
  return [
    `  ${look.paint('bold', on)}  ${counted(turns.length, 'records')}`,
    ...listed.flatMap((some) => turnLines(some, look)),
    ...(rest > 0 ? [`    … and ${number(rest)} more (--all shows all)`] : []),
  ]
}

function turnLines(changes: readonly ForecastChange[], { paint }: Look): string[] {
  const [first] = changes
  if (first === undefined) return []
  const fields = changes.map(({ field, from, to }) => `${plain(field)} ${shown(from)} -> ${shown(to)}`)
  return [
    `    ${plain(first.key)}${first.name === undefined ? '' : `  ${plain(first.name)}`}`,
    `      ${fields.join(', ')}`,
    `      ${paint('dim', plain(first.because))}`,
  ]
}
