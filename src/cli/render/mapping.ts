import type { FixtureResult, FixtureFailure } from '../mapping/check.ts'
import type { Paint } from './paint.ts'
import { counted, plain } from './text.ts'

/**
 * For people, where a file is well that is as expected or has been written: each file, and of what
 * fails what was expected and what came out.
 */
export function mappingLines(
  results: readonly FixtureResult[],
  isWell: (file: string) => boolean,
  paint: Paint,
): string[] {
  const failed = results.flatMap(({ failures }) => failures)
  const keys = results.reduce((sum, one) => sum + one.keys, 0)
  const well = results.every(({ file }) => isWell(file))
  const end =
    failed.length === 0 ? 'all as expected' : `${counted(failed.length, 'differences')}${well ? ', written' : ''}`
  return [
    ...results.flatMap((one) => fileLines(one, isWell(one.file), paint)),
    `${counted(keys, 'records')} in ${counted(results.length, 'files')}: ${paint(well ? 'green' : 'red', end)}`,
  ]
}

function fileLines({ file, failures }: FixtureResult, updated: boolean, paint: Paint): string[] {
  if (failures.length === 0) return [`${paint('green', '✔')} ${plain(file)}`]
  const mark = updated ? paint('yellow', '~') : paint('red', '✖')
  return failures.flatMap((failure) => failureLines(file, failure, mark))
}

function failureLines(
  file: string,
  { line, sync, key, field, expected, actual }: FixtureFailure,
  mark: string,
): string[] {
  return [
    `${mark} ${plain(file)}:${line} ${plain([sync, key, ...(field === undefined ? [] : [field])].join(' '))}`,
    `    expected ${plain(JSON.stringify(expected))}`,
    `    actual   ${plain(JSON.stringify(actual))}`,
  ]
}
