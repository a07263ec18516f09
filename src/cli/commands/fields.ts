import { missingOf } from '../../core/answers/diagnose.ts'
import { lookOf, print, printDocument, tell, widthOfErrors } from '../output.ts'
import { findingLines } from '../render/findings.ts'
import { missingLines, type MissingFormat } from '../render/missing.ts'
import { askingFor } from './doctor.ts'

export type FieldsOptions = { config?: string; env?: string; json?: true; format: MissingFormat }

/** `zds fields`: the fields and options that instances lack, and how to make them; makes none itself. */
export async function fieldsCommand(options: FieldsOptions, signal: AbortSignal): Promise<number> {
  const { asking } = await askingFor(options, signal)
  const { missing, diagnosis } = await missingOf(asking)
  const known = diagnosis.findings.length === 0
  if (options.json) printDocument({ missing })
  else if (known || missing.length > 0) print(missingLines(missing, options.format))
  if (known) return 0
  tell(findingLines(diagnosis, lookOf(true).paint, widthOfErrors()))
  return 1
}
