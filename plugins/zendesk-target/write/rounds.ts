import { filtered, foldName, type Change, type Many } from 'zds'

/**
 * Changes in rounds, each to be carried out after the one before: one that takes a value which
 * nobody else may have, and which another change sets free, comes in a later round than that one.
 * Those that wait for each other in a circle are one round: Zendesk refuses them, as it has to.
 */
export function rounds(changes: Many<Change>, unique: readonly string[]): readonly Many<Change>[] {
  const freed = new Set(changes.values().flatMap((change) => valuesOf(change, 'from', unique)))
  if (freed.size === 0) return [changes]
  const waits = (change: Change): boolean => valuesOf(change, 'to', unique).some((value) => freed.has(value))
  const later = filtered(changes, waits)
  if (later.length === 0 || later.length === changes.length) return [changes]
  return [filtered(changes, (change) => !waits(change)), ...rounds(later, unique)]
}

/** Of a later round, by key, the change that set free what each of them takes. */
export function predecessors(
  round: Many<Change>,
  all: Many<Change>,
  unique: readonly string[],
): ReadonlyMap<string, string> {
  const givers = new Map(
    all.values().flatMap((one) => valuesOf(one, 'from', unique).map((value) => [value, one.key] as const)),
  )
  const given = (change: Change): string[] => valuesOf(change, 'to', unique).flatMap((value) => givers.get(value) ?? [])
  return new Map(round.values().flatMap((change) => given(change).map((giver) => [change.key, giver] as const)))
}

/** The unique values that a change takes or gives up, compared as Zendesk does. */
function valuesOf({ fields }: Change, side: 'from' | 'to', unique: readonly string[]): string[] {
  return unique.flatMap((field) => {
    const { from = null, to = null } = fields[field] ?? {}
    const [is, other] = side === 'from' ? [foldName(from), foldName(to)] : [foldName(to), foldName(from)]
    return is === '' || is === other ? [] : [`${field} ${is}`]
  })
}
