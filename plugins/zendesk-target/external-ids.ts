import { packed, type Change, type JsonObject, type Many, type Run } from 'zds'
import type { Client } from './client.ts'
import type { Finding } from './find.ts'
import { idIn } from './replies.ts'

/**
 * The changes, but that updates which would take over an external id (SAFE-05) that another
 * organization has go without it: Zendesk lets no two have one, and would refuse all of the record
 * (ZD-03). Whoever waits is told how many.
 */
export async function withoutTakenIds(
  changes: Many<Change>,
  client: Client,
  find: Finding,
  run: Run,
): Promise<Many<Change>> {
  const ids = new Set(changes.values().flatMap(takenOver))
  if (ids.size === 0) return changes
  const holders = await find([...ids], run)
  let left = 0
  const possible = packed(
    changes.values().map((change) => {
      const held = takenOver(change).some((id) => isOther(holders.get(id.toLowerCase()), change))
      if (held) left += 1
      return held ? withoutId(change) : change
    }),
  )
  if (left > 0)
    run.progress(`${client.instance}: updates that go without external_id, as another organization has theirs: ${left}`)
  return possible
}

/** The external id that an update gives to its organization; a comma would make two of it. */
function takenOver({ op, fields }: Change): string[] {
  const to = op === 'update' ? fields['external_id']?.to : undefined
  return typeof to === 'string' && to !== '' && !to.includes(',') ? [to] : []
}

const isOther = (holder: JsonObject | undefined, { id }: Change): boolean => holder !== undefined && idIn(holder) !== id

function withoutId(change: Change): Change {
  const { external_id: _, ...fields } = change.fields
  return { ...change, fields }
}
