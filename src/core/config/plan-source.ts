import type { SyncPart } from '../plan/parts.ts'
import type { Source, Sync } from '../types.ts'

/**
 * The plan of another sync as a source, for a sync that depends on what that one will create: a row
 * of what it says of the sync, then one for each change (`op`). Who needs it is read after it.
 */
export function planSource(sync: Sync): Source<SyncPart> {
  return { name: 'plan', planOf: sync, read: neverRead }
}

/** The engine hands out the artifact of the compare stage instead. */
// oxlint-disable-next-line require-yield -- there is nothing to yield
async function* neverRead(): AsyncGenerator<SyncPart> {
  throw new Error('The plan of a sync is made by its compare stage')
}
