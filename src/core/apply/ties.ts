import { REFERENCE, type FieldTypes } from '../field-types.ts'
import { foldName } from '../keys.ts'
import type { Many } from '../many.ts'
import type { Change, SyncPlan } from '../plan/plan.ts'
import type { Rules, Sync } from '../types.ts'
import type { Waiters } from '../waits.ts'

/** A sync that goes before another one, and what is planned for it. */
type Earlier = { readonly sync: Sync; readonly plan: SyncPlan }

/** A change, by key, that waits for one of another sync, or with one of its own, and why. */
export type Tie = {
  readonly waiting: string
  readonly sync: string
  readonly awaited: string
  readonly because: 'ref' | 'record' | 'name'
}

/**
 * Which changes of a sync wait for which of the syncs before it (SYN-12): for the record that a ref
 * of theirs names, for what is done to the same record, or for what sets a name free that they
 * take. Those of the sync itself that one of them passes a name to, or gets it from, wait with it.
 */
export function tiesOf(
  { name, changes }: SyncPlan,
  { target, rules }: Sync,
  before: readonly Earlier[],
): readonly Tie[] {
  const wants = changes.values().flatMap((change) => {
    const all = [...refsOf(change, target.types), ...idText(change), ...namesOf(change, 'to', rules)]
    return all.map((what) => ({ what, waiting: change.key }))
  })
  const wanted = Map.groupBy(wants, ({ what }) => what)
  const ties: Tie[] = []
  for (const { sync, plan } of before) {
    const here = sync.target === target
    for (const change of plan.changes) {
      const refs = [refText(plan.name, change.key)]
      const given = here ? [...refs, ...idText(change), ...namesOf(change, 'from', sync.rules)] : refs
      for (const what of given)
        for (const { waiting } of wanted.get(what) ?? [])
          ties.push({ waiting, sync: plan.name, awaited: change.key, because: reasonIn(what) })
    }
  }
  const along = withTheirNames(new Set(ties.map(({ waiting }) => waiting)), changes, rules)
  return [...ties, ...along.map((one) => ({ ...one, sync: name, because: 'name' as const }))]
}

/** Those of one sync and one reason together. */
export function waitersIn(ties: readonly Tie[]): readonly Waiters[] {
  const alike = Map.groupBy(ties, ({ because, sync }) => `${because} ${sync}`)
  return [...alike.values()].flatMap((some) => {
    const after = new Map(some.map(({ waiting, awaited }) => [waiting, awaited]))
    return some.slice(0, 1).map(({ because, sync }) => ({ because, awaited: sync, after }))
  })
}

function withTheirNames(
  keys: ReadonlySet<string>,
  changes: Many<Change>,
  rules: Rules,
): readonly Pick<Tie, 'waiting' | 'awaited'>[] {
  if (keys.size === 0) return []
  const touched = (change: Change): string[] => [...namesOf(change, 'from', rules), ...namesOf(change, 'to', rules)]
  const those = changes.values().filter(({ key }) => keys.has(key))
  const theirs = new Map(those.flatMap((change) => touched(change).map((name) => [name, change.key] as const)))
  const others = changes.values().filter(({ key }) => !keys.has(key))
  const more = others.flatMap((change) => {
    const [awaited] = touched(change).flatMap((name) => theirs.get(name) ?? [])
    return awaited === undefined ? [] : [{ waiting: change.key, awaited }]
  })
  const found = more.toArray()
  if (found.length === 0) return []
  return [...found, ...withTheirNames(new Set([...keys, ...found.map(({ waiting }) => waiting)]), changes, rules)]
}

const reasonIn = (what: string): Tie['because'] => (JSON.parse(what) as [Tie['because']])[0] // written below
const refText = (sync: string, key: string): string => JSON.stringify(['ref', sync, key])
const idText = ({ id }: Change): string[] => (id === undefined ? [] : [JSON.stringify(['record', id])])

function refsOf({ fields }: Change, types: FieldTypes): string[] {
  const found: string[] = []
  for (const [field, { to }] of Object.entries(fields)) {
    ;(types[field] ?? REFERENCE).bind?.(to, ({ ref }) => {
      found.push(refText(ref.sync, ref.key))
      return null
    })
  }
  return found
}

/** The values that nobody else may have, as a change takes them (`to`) or gives them up (`from`). */
function namesOf({ fields }: Change, side: 'from' | 'to', { unique, adopt = [] }: Rules): string[] {
  return [...(unique === undefined ? [] : [unique]), ...adopt].flatMap((field) => {
    const { from = null, to = null } = fields[field] ?? {}
    const name = foldName(side === 'from' ? from : to)
    return name === '' || foldName(from) === foldName(to) ? [] : [JSON.stringify(['name', field, name])]
  })
}
