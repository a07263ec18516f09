import { sqliteLocks } from '../../core/state/locks.ts'
import { open, print, stateFile } from '../session.ts'

/**
 * `zds unlock [instance]`: takes a lock away from a run that is known to be dead; all of them
 * without a name.
 */
export async function unlockCommand(
  instance: string | undefined,
  options: { config?: string; env?: string },
  signal: AbortSignal,
): Promise<number> {
  const session = await open(options, signal)
  const locks = sqliteLocks(stateFile(session))
  try {
    const held = locks.held().filter((lock) => instance === undefined || lock.instance === instance)
    for (const lock of held) locks.release(lock.instance)
    print(
      held.length === 0
        ? ['Nothing is locked.']
        : held.map((lock) => `Unlocked ${lock.instance}, which run ${lock.run} held.`),
    )
    return 0
  } finally {
    locks.close()
  }
}
