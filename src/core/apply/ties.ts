import { foldName } from '../compare/names.ts'
import { REFERENCE, type FieldTypes } from '../field-types.ts'
import type { Many } from '../many.ts'
import type { Change, SyncPlan } from '../plan/plan.ts'
import type { Rules, Sync } from '../types.ts'

/** A sync that goes before another one, and what is planned for it. */
type Earlier = { readonly sync: Sync; readonly plan: SyncPlan }

/** The changes of a sync that wait for others, and those that they wait for, by sync. */
export type Ties = {
  readonly keys: ReadonlySet<string>
  readonly to: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Which changes of a sync wait for which of the syncs before it (SYN-12): for the record that a ref
 * of theirs names, for what is done to the same record, or for what sets a name free that they
 * take. Those of the sync itself that one of them passes a name to, or gets it from, wait with it.
 */
export function tiesOf({ changes }: SyncPlan, { target, rules }: Sync, before: readonly Earlier[]): Ties {
  const given = new Map<string, { readonly sync: string; readonly key: string }[]>()
  for (const { sync, plan } of before) {
    const here = sync.target === target
    for (const change of plan.changes) {
      const refs = [refText(plan.name, change.key)]
      for (const what of here ? [...refs, ...idText(change), ...namesOf(change, 'from', sync.rules)] : refs)
        given.set(what, [...(given.get(what) ?? []), { sync: plan.name, key: change.key }])
    }
  }
  const keys = new Set<string>()
  const to = new Map<string, Set<string>>()
  for (const change of changes) {
    const wanted = [...refsOf(change, target.types), ...idText(change), ...namesOf(change, 'to', rules)]
    for (const { sync, key } of wanted.flatMap((what) => given.get(what) ?? [])) {
      keys.add(change.key)
      to.set(sync, (to.get(sync) ?? new Set()).add(key))
    }
  }
  return { keys: withTheirNames(keys, changes, rules), to }
}

function withTheirNames(keys: ReadonlySet<string>, changes: Many<Change>, rules: Rules): ReadonlySet<string> {
  const touched = (change: Change): string[] => [...namesOf(change, 'from', rules), ...namesOf(change, 'to', rules)]
  if (keys.size === 0) return keys
  const theirs = new Set(
    changes
      .values()
      .filter(({ key }) => keys.has(key))
      .flatMap(touched),
  )
  const found = changes
    .values()
    .filter((change) => !keys.has(change.key) && touched(change).some((name) => theirs.has(name)))
  const more = found.map(({ key }) => key).toArray()
  return more.length === 0 ? keys : withTheirNames(new Set([...keys, ...more]), changes, rules)
}

const refText = (sync: string, key: string): string => JSON.stringify(['ref', sync, key])
const idText = ({ id }: Change): string[] => (id === undefined ? [] : [JSON.stringify(['id', id])])

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
    return name === '' || foldName(from) === foldName(to) ? [] : [JSON.stringify([field, name])]
  })
}
