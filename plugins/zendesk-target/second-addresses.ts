import { foldAddress, packed, type Change, type Many, type Preparation, type Run, type Skip } from 'zds'
import type { Client } from './client.ts'
import { holdersOf } from './holders.ts'
import { idIn } from './replies.ts'

/**
 * A planned user whose address somebody has beside another one cannot be created, and who has it is
 * tied to the sync after all: neither is touched, both are reported (ZD-10). The listing
 * shows first addresses only, so this is asked for the few that are to be created.
 */
export async function withoutSeconds(changes: Many<Change>, client: Client, run: Run): Promise<Preparation> {
  const creates = changes.values().filter(({ op }) => op === 'create')
  const keys = Array.from(creates, ({ key }) => key)
  const holders = await holdersOf(keys, client, run)
  const held = new Map(
    keys.flatMap((key) => {
      const id = idIn(holders.get(foldAddress(key)) ?? {})
      return id === undefined ? [] : [[key, id] as const]
    }),
  )
  const users = new Set(held.values())
  const stays = ({ op, key, id }: Change): boolean =>
    op === 'create' ? held.has(key) : op === 'retire' && id !== undefined && users.has(id)
  return {
    changes: packed(changes.values().filter((change) => !stays(change))),
    skipped: Array.from(changes.values().filter(stays), (change) => skipOf(change, held)),
  }
}

function skipOf({ key, id }: Change, held: ReadonlyMap<string, string>): Skip {
  const user = id ?? held.get(key)
  return { key, reason: 'second-address', ...(user !== undefined && { id: user }) }
}
