import { lookOf, print, printDocument } from '../output.ts'
import { explanationLines } from '../render/explain.ts'
import { watched } from '../render/tasks.ts'
import { inSession } from '../session.ts'
import { placeOf } from './plan.ts'

export type ExplainOptions = {
  config?: string
  env?: string
  asOf?: string
  sync?: string
  from?: string
  json?: true
  all?: true
}

/** `zds explain KEY [FIELD]`: why a record is as it is, from a live read or from what a run left. */
export async function explainCommand(
  asked: string,
  field: string | undefined,
  options: ExplainOptions,
  signal: AbortSignal,
): Promise<number> {
  const { sync, asOf } = options
  const from = placeOf(options.from)
  return inSession(options, signal, async ({ engine }) => {
    const explanation = await watched((watch) => engine.explain({ asked, field, sync }, { from, asOf }, watch))
    if (options.json) printDocument(explanation)
    else print(explanationLines(explanation, field, lookOf(options.all ?? false)))
    return 0
  })
}
