import { packed, type Change, type JsonObject, type Many, type Notice, type Run } from 'zds'
import type { Finding } from './find.ts'
import { idIn } from './replies.ts'

/**
 * The changes, but that updates which would take over an external id (SAFE-05) that another
 * organization has go without it: Zendesk lets no two have one, and would refuse all of the record
 * (ZD-03). The plan says which, and who has it.
 */
export async function withoutTakenIds(
  changes: Many<Change>,
  find: Finding,
  run: Run,
): Promise<{ readonly changes: Many<Change>; readonly notices: readonly Notice[] }> {
  const ids = new Set(changes.values().flatMap(takenOver))
  const holders = ids.size === 0 ? new Map<string, JsonObject>() : await find([...ids], run)
  const notices: Notice[] = []
  const possible = (change: Change): Change => {
    const holder = takenOver(change).map((id) => holders.get(id.toLowerCase()))[0]
    if (holder === undefined || idIn(holder) === change.id) return change
    notices.push(leftFor(holder, change))
    return withoutId(change)
  }
  return { changes: holders.size === 0 ? changes : packed(changes.values().map(possible)), notices }
}

function leftFor(holder: JsonObject, { key, id }: Change): Notice {
  const message = `${key} (${id}) is updated without its external_id: organization ${idIn(holder)} has it. Clear it there`
  return { code: 'external-id-left', key, message }
}

/** The external id that an update gives to its organization; a comma would make two of it. */
function takenOver({ op, fields }: Change): string[] {
  const to = op === 'update' ? fields['external_id']?.to : undefined
  return typeof to === 'string' && to !== '' && !to.includes(',') ? [to] : []
}

function withoutId(change: Change): Change {
  const { external_id: _, ...fields } = change.fields
  return { ...change, fields }
}
