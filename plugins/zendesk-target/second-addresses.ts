import { foldAddress, packed, type Change, type Many, type Preparation, type PrepareRun, type Skip } from 'zds'
import type { Client } from './client.ts'
import { holdersOf } from './holders.ts'
import { idIn } from './replies.ts'

/**
 * A planned user whose address somebody has beside another one cannot be created, and who has it is
 * tied to the sync after all: neither is touched, both are reported (ZD-10). So is who has the
 * address of somebody whose creation is held. The listing shows first addresses only, so this is
 * asked for the few that are to be created, or held where somebody is to be retired.
 */
export async function withoutSeconds(changes: Many<Change>, client: Client, run: PrepareRun): Promise<Preparation> {
  const creates = changes.values().filter(({ op }) => op === 'create')
  const retires = changes.values().some(({ op }) => op === 'retire')
  const keys = [...creates.map(({ key }) => key), ...(retires ? run.held : [])]
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
