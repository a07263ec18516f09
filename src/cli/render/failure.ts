import { stripVTControlCharacters } from 'node:util'
import { isSystemError, messageOf, ZdsError, type Issue } from '../../core/errors.ts'
import { exitCodeOf } from '../exit-codes.ts'
import { HttpError } from '../../core/http/error.ts'
import { painter, type Paint } from './paint.ts'
import { asCalled } from '../called.ts'
import { logAsked, tell, widthOfErrors } from '../output.ts'
import { number, plain, wrapped } from './text.ts'

/** So many problems are told one by one. */
const ISSUES = 50

/**
 * Tells a person what went wrong on stderr, and returns the exit code. Only a fault of zds itself
 * shows a stack.
 */
export function explainFailure(error: unknown): number {
  const log = logAsked()
  if (log !== undefined) {
    log.failed(error)
    return exitCodeOf(error)
  }
  const width = widthOfErrors()
  tell(
    failureLines(error, painter(process.stderr)).flatMap((line) => (isCommand(line) ? [line] : wrapped(line, width))),
  )
  return exitCodeOf(error)
}

/** A command to copy stands on a line of its own, whole at any width. */
const isCommand = (line: string): boolean => /^ {4}(?:npx |npm run )?zds /.test(stripVTControlCharacters(line))

/** A hint: a sentence, and below it commands to copy. */
function hintLines(hint: string, indent: string, paint: Paint): string[] {
  return asCalled(hint)
    .split('\n')
    .map((line) => `${indent}${paint('dim', plain(line))}`)
}

/** What went wrong, where, and what to do, for people. */
export function failureLines(error: unknown, paint: Paint): string[] {
  const head = (code: string, message: string): string => `${paint('red', 'Error')} [${code}] ${plain(message)}`
  if (!(error instanceof ZdsError)) {
    if (isSystemError(error)) return [head('SYSTEM', error.message)]
    const stack =
      error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at ')) : []
    return [
      head('INTERNAL', messageOf(error)),
      ...stack.map(plain),
      'This is a fault in zds or in a plugin: please report it with the lines above.',
    ]
  }
  // One problem that the message has already told is not told again; what to do about it is.
  const isSaid = ({ where, message }: Issue): boolean =>
    [where, message].every((words) => error.message.includes(words))
  const issues = error.issues.filter((issue) => !isSaid(issue))
  const { hint = error.issues.find(isSaid)?.hint } = error
  const told = issues.slice(0, ISSUES)
  const hints = new Set(told.map((issue) => issue.hint))
  return [
    head(error.code, error.message),
    ...told.flatMap((issue) => issueLines(issue, paint)),
    ...(issues.length > told.length ? [`  … and ${number(issues.length - told.length)} more`] : []),
    ...(hint === undefined || hints.has(hint) ? [] : hintLines(hint, '  ', paint)),
    ...(error instanceof HttpError && error.arrived === 'maybe' && !error.reads
      ? [paint('dim', '  Whether the service acted on it is not known; the next plan shows it.')]
      : []),
  ]
}

function issueLines({ code, where, message, hint }: Issue, paint: Paint): string[] {
  return [
    `  ${paint('red', '✖')} ${where === '' ? '' : `${plain(where)}: `}${plain(message)} [${code}]`,
    ...(hint === undefined ? [] : hintLines(hint, '    ', paint)),
  ]
}
