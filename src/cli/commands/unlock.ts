import { WORKER } from '../../core/config/executor.ts'
import { syncsOf } from '../../core/config/stages.ts'
import { ZdsError } from '../../core/errors.ts'
import { nearest } from '../../core/options.ts'
import type { Lock } from '../../core/state/state.ts'
import { print } from '../output.ts'
import { inSession, type Session } from '../session.ts'

export type UnlockOptions = { config?: string; env?: string; force?: true }

/**
 * `zds unlock [instance]`: takes a lock away from a run that is known to be dead; all of them
 * without a name.
 */
export async function unlockCommand(
  instance: string | undefined,
  options: UnlockOptions,
  signal: AbortSignal,
): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    const { locks } = engine.shared.state
    const all = (await locks.held(engine.shared.clock.now())).filter(({ address }) => !address.startsWith(WORKER))
    if (instance !== undefined) assertKnown(instance, all, engine)
    const held = all.filter((lock) => instance === undefined || lock.instance === instance)
    const living = held.find(({ alive }) => alive)
    if (living !== undefined && !options.force) throw alive(living)
    const lines: string[] = []
    for (const lock of held)
      lines.push(
        (await locks.release(lock))
          ? `Unlocked ${lock.instance}, which run ${lock.run} held.`
          : `The lock of run ${lock.run} on ${lock.instance} is gone by now: whoever may have it since keeps it.`,
      )
    print(lines.length === 0 ? ['Nothing is locked.'] : lines)
    return 0
  })
}

/** An instance that nobody knows is a slip, not one without a lock. */
function assertKnown(instance: string, held: readonly Lock[], { shared }: Session['engine']): void {
  const known = new Set([
    ...held.map((lock) => lock.instance),
    ...[...syncsOf(shared.config).values()].map(({ target }) => target.instance),
  ])
  if (known.has(instance)) return
  const meant = nearest(instance, known)
  throw new ZdsError('USAGE', `There is no instance ${instance}`, {
    hint: meant === undefined ? `Known are: ${[...known].join(', ')}.` : `Did you mean ${meant}?`,
  })
}

function alive({ instance, run, holder, host, process, until }: Lock): ZdsError {
  const message = `Run ${run} (${holder} on ${host}, process ${process}) holds ${instance}, and lives as far as can be seen`
  return new ZdsError('LOCKED', message, {
    hint: `Its lock runs out at ${until} unless it is renewed. When you know that it is dead: zds unlock ${instance} --force`,
  })
}
