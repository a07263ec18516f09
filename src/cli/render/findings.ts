import type { Diagnosis, Finding } from '../../core/answers/diagnose.ts'
import type { Paint } from './paint.ts'
import { counted, plain, wrapped } from './text.ts'

/** What `--json` prints: what is wrong or will be, and what was found well. */
export const findingsDocument = ({ findings, silenced, ticks }: Diagnosis): object => ({
  findings,
  silenced,
  ticks: ticks.map(({ where, message }) => ({ where, message })),
})

/** For people: what is well, then each finding with its id and what to do, then how many. */
export function findingLines(diagnosis: Diagnosis, paint: Paint, columns: number): string[] {
  const { findings, silenced, ticks } = diagnosis
  const lines = [
    ...ticks.map(({ where, message }) => `${paint('green', '✔')} ${plain(where)}: ${plain(message)}`),
    ...silenced.map(({ id, because }) => paint('dim', `- ${plain(id)} is silenced: ${plain(because)}`)),
    ...findings.flatMap((finding) => oneLines(finding, paint)),
    sumOf(diagnosis, paint),
  ]
  return lines.flatMap((line) => wrapped(line, columns))
}

function oneLines({ id, level, where, message, hint }: Finding, paint: Paint): string[] {
  const mark = level === 'error' ? paint('red', '✖') : paint('yellow', '⚠')
  return [
    `${mark} ${plain(where)}: ${plain(message)}`,
    paint('dim', `    ${plain(hint)}`),
    paint('dim', `    (${plain(id)})`),
  ]
}

function sumOf({ findings, ticks }: Diagnosis, paint: Paint): string {
  const errors = findings.filter(({ level }) => level === 'error').length
  const warnings = findings.length - errors
  const sum = `${counted(errors, 'errors')}, ${counted(warnings, 'warnings')}; ${ticks.length} well`
  return paint(errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', sum)
}
