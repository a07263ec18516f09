import { stages } from '../../core/config/stages.ts'
import { loadWatched } from '../load-watched.ts'
import { lookOf, print, printDocument } from '../output.ts'
import { dotLines, mermaidLines, waveLines } from '../render/graph.ts'
import { wrapped } from '../render/text.ts'

export type GraphOptions = { config?: string; env?: string; json?: true; mermaid?: true; dot?: true }

/** `zds graph`: the stages that the configuration implies, with what each needs. */
export async function graphCommand(options: GraphOptions, signal: AbortSignal): Promise<number> {
  const { json, mermaid, dot, ...found } = options
  const { config } = await loadWatched({ ...found, signal })
  const all = stages(config)
  const { paint, columns } = lookOf(true)
  if (json) printDocument({ stages: all.map(({ id, kind, needs }) => ({ id, kind, needs })) })
  else if (mermaid) print(mermaidLines(all))
  else if (dot) print(dotLines(all))
  else print(waveLines(all, paint).flatMap((line) => wrapped(line, columns)))
  return 0
}
