import { ZdsError } from '../../core/errors.ts'
import { DAY_MS, forget, KEEP_DAYS } from '../../core/run/retention.ts'
import { print } from '../output.ts'
import { counted } from '../render/text.ts'
import { inSession } from '../session.ts'

export type PruneOptions = { config?: string; env?: string; keep?: number }

/**
 * `zds prune`: forgets runs that are older, with plans, outcomes and artifacts, and what killed
 * runs left behind.
 */
export async function pruneCommand(options: PruneOptions, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    const { state, config } = engine.shared
    const keep = options.keep ?? (config.keepDays ?? KEEP_DAYS) * DAY_MS
    if (options.keep === undefined && config.keepDays === 0)
      throw new ZdsError('USAGE', '--keep is missing: the configuration keeps all (keepDays: 0)', {
        hint: 'Say how old what stays may be: zds prune --keep 90d',
      })
    const { runs, artifacts } = await forget(keep, engine.shared)
    const left = (await state.kept()).runs
    print([`Forgot ${counted(runs, 'runs')}, and the artifacts of ${artifacts}. ${counted(left, 'runs')} kept.`])
    return 0
  })
}
