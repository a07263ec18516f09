import { batches, packed, type Change, type JsonObject, type Many, type Notice, type Run, type Skip } from 'zds'
import type { Finder } from './find.ts'
import { idIn } from './replies.ts'

/** So many ids are looked up at a time. */
const TOGETHER = 1_000

/** Changes that can be, those that cannot, and what a person should know of the others. */
type Possible = {
  readonly changes: Many<Change>
  readonly skipped: readonly Skip[]
  readonly notices: readonly Notice[]
}

/**
 * The changes whose external id (SAFE-05) nobody else has: Zendesk lets no two organizations have
 * one, and would refuse all of the record (ZD-03). An update goes without it, and the plan says who
 * has it; a create is left, as the one who has it may well be that customer's, and so is not retired.
 */
export async function withoutTakenIds(changes: Many<Change>, find: Finder, run: Run): Promise<Possible> {
  const holders = new Map<string, JsonObject>()
  for (const some of batches(new Set(changes.values().flatMap(givenId)), TOGETHER))
    for (const [id, holder] of await find(some, run)) holders.set(id, holder)
  if (holders.size === 0) return { changes, skipped: [], notices: [] }
  /** The id of another organization that has the external id of a change. */
  const holderOf = (change: Change): string | undefined => {
    const holder = givenId(change).map((id) => holders.get(id.toLowerCase()))[0]
    const id = holder && idIn(holder)
    return id === change.id ? undefined : id
  }
  const creates = changes.values().filter(({ op }) => op === 'create')
  const wanted = new Set(creates.map(holderOf).filter((id) => id !== undefined))
  const skipped: Skip[] = []
  const notices: Notice[] = []
  const left = (change: Change, reason: string, id: string): [] => {
    skipped.push({ key: change.key, reason, id, ...(change.name !== undefined && { name: change.name }) })
    return []
  }
  const possible = (change: Change): Change[] => {
    const { op, id } = change
    if (op === 'retire' && id !== undefined && wanted.has(id)) return left(change, 'external-id-wanted', id)
    const holder = holderOf(change)
    if (holder === undefined) return [change]
    if (op === 'create') return left(change, 'external-id-taken', holder)
    notices.push(leftFor(change, holder))
    return [withoutId(change)]
  }
  return { changes: packed(changes.values().flatMap(possible)), skipped, notices }
}

function leftFor({ key, id }: Change, holder: string): Notice {
  const message = `${key} (${id}) is updated without its external_id: organization ${holder} has it. Clear it there`
  return { code: 'external-id-left', key, message }
}

/** The external id that a change gives to its organization; a comma would make two of it. */
function givenId({ op, fields }: Change): string[] {
  const to = op === 'create' || op === 'update' ? fields['external_id']?.to : undefined
  return typeof to === 'string' && to !== '' && !to.includes(',') ? [to] : []
}

function withoutId(change: Change): Change {
  const { external_id: _, ...fields } = change.fields
  return { ...change, fields }
}
