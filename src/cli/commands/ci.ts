import { textsOf } from '../../core/config/fingerprint.ts'
import { load, type LoadOptions } from '../../core/config/load.ts'
import { pipelineFor, type System } from '../create/pipeline.ts'
import { settingsIn } from '../create/settings.ts'

/** `zds ci`: a pipeline for the variables that the files of the configuration declare. */
export async function ciCommand(system: System, options: LoadOptions): Promise<number> {
  const { file } = await load(process.cwd(), options)
  const code = [...textsOf(file).values()].join('\n')
  process.stdout.write(pipelineFor(system, settingsIn(code)))
  return 0
}
