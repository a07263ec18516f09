import { stages, waves } from '../../core/config/stages.ts'
import { loadWatched } from '../load-watched.ts'
import { lookOf, print, printDocument } from '../output.ts'
import { wrapped } from '../render/text.ts'

export type GraphOptions = { config?: string; env?: string; json?: true }

/** `zds graph`: the stages that the configuration implies, wave by wave, with what each needs. */
export async function graphCommand(options: GraphOptions, signal: AbortSignal): Promise<number> {
  const { config } = await loadWatched({ ...options, signal })
  const groups = waves(stages(config))
  if (options.json) {
    printDocument(groups.map((wave) => wave.map(({ id, kind, needs }) => ({ id, kind, needs }))))
    return 0
  }
  const { paint, columns } = lookOf(true)
  const lines = groups.flatMap((wave, index) => [
    paint('bold', `wave ${index + 1}`),
    ...wave.map(({ id, needs }) => `  ${id}${needs.length === 0 ? '' : paint('dim', `  <- ${needs.join(', ')}`)}`),
  ])
  print(lines.flatMap((line) => wrapped(line, columns)))
  return 0
}
