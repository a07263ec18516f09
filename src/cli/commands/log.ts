import { logOf } from '../../core/answers/log.ts'
import { lookOf, print, printDocument } from '../output.ts'
import { logLines } from '../render/log.ts'
import { wrapped } from '../render/text.ts'
import { inSession } from '../session.ts'

export type LogOptions = { config?: string; env?: string; since?: number; failed?: true; key?: string; json?: true }

/** `zds log`: what happened here, the last first. */
export async function logCommand(options: LogOptions, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine: { shared } }) => {
    const since = options.since === undefined ? undefined : new Date(shared.clock.now().getTime() - options.since)
    const log = await logOf(shared, { since, failed: options.failed, key: options.key })
    const { paint, columns } = lookOf(true)
    if (options.json) printDocument({ log })
    else print(logLines(log, options, paint).flatMap((line) => wrapped(line, columns)))
    return 0
  })
}
