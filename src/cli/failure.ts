import { messageOf, ZdsError, type Code } from '../core/errors.ts'
import { HttpError } from '../core/http-error.ts'
import { painter } from './paint.ts'
import { tell } from './session.ts'

const EXIT: Partial<Record<Code, number>> = { LIMIT_EXCEEDED: 3, PLAN_STALE: 5, INTERRUPTED: 130 }

/** Tells a person what went wrong on stderr, and returns the exit code. Only a fault of zds itself shows a stack. */
export function explainFailure(error: unknown): number {
  const paint = painter(process.stderr)
  if (!(error instanceof ZdsError)) {
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    tell([
      `${paint('red', 'Error')} [INTERNAL] ${messageOf(error)}`,
      stack,
      'This is a fault in zds or in a plugin: please report it with the lines above.',
    ])
    return 1
  }
  const issues = error.issues.map(({ code, where, message, hint }) => [
    `  ${paint('red', '✖')} ${where === '' ? '' : `${where}: `}${message} [${code}]`,
    ...(hint === undefined ? [] : [`    ${paint('dim', hint)}`]),
  ])
  tell([
    `${paint('red', 'Error')} [${error.code}] ${error.message}`,
    ...issues.flat(),
    ...(error.hint === undefined ? [] : [paint('dim', `  ${error.hint}`)]),
    ...(error instanceof HttpError && error.arrived === 'maybe'
      ? [paint('dim', '  Whether the service acted on it is not known; the next plan shows it.')]
      : []),
  ])
  return EXIT[error.code] ?? 1
}
