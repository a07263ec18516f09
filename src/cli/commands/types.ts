import { relative, resolve } from 'node:path'
import { declaredBy } from '../../core/answers/diagnose.ts'
import { ZdsError } from '../../core/errors.ts'
import { lookOf, print, printDocument, tell, widthOfErrors } from '../output.ts'
import { findingLines } from '../render/findings.ts'
import { wrapped } from '../render/text.ts'
import { readNames, TYPES_FILE, writeNames } from '../types/file.ts'
import { differenceOf, differenceText, namesOf } from '../types/names.ts'
import { askingFor } from './doctor.ts'

export type TypesOptions = { config?: string; env?: string; out?: string; check?: true; json?: true }

/**
 * `zds types`: writes the names that the services have for the compiler, or says whether they are
 * written.
 */
export async function typesCommand(options: TypesOptions, signal: AbortSignal): Promise<number> {
  const given = options.out === undefined ? undefined : resolve(options.out)
  const { asking, directory } = await askingFor(options, signal)
  const file = given ?? resolve(directory, TYPES_FILE)
  const { declared, diagnosis } = await declaredBy(asking)
  if (diagnosis.findings.length > 0) {
    tell(findingLines(diagnosis, lookOf(true).paint, widthOfErrors()))
    return 1
  }
  const names = namesOf(declared)
  if (names.size === 0)
    throw new ZdsError('CONFIG_INVALID', 'No source of the configuration knows names that a compiler could check', {
      hint: 'Sources do that have the member declares: docs/write-a-plugin.md.',
    })
  const difference = differenceOf((await readNames(file)) ?? new Map(), names)
  const text = differenceText(difference)
  if (!options.check) await writeNames(file, names)
  const place = relative(process.cwd(), file)
  if (options.json) printDocument({ file: place, names: names.size, ...difference })
  else print(wrapped(`${place}: ${names.size} names; ${text || 'nothing is new'}`, lookOf(true).columns))
  return options.check && text !== '' ? 1 : 0
}
