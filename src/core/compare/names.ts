import type { Json } from '../json.ts'
import { keyReader } from '../keys.ts'
import type { Many } from '../many.ts'
import type { Change, Holder, Notice, Skip } from '../plan/plan.ts'
import type { Desired, Existing, Fields, Rules, Sync } from '../types.ts'

/**
 * Who has which value of a field that must be unique: by the value, trimmed and without case
 * (AMB-20).
 */
export interface Names {
  /**
   * Who keeps `value` from a record that does not have it yet: another record of the target, or
   * another desired one. Undefined where it is free.
   */
  holder(value: Json, own: { readonly key: string; readonly id?: string; readonly current?: Json }): Holder | undefined
}

/** By name, the first two of those who have it: enough to find one who is not oneself. */
type Holders<One> = { readonly first: Map<string, One>; readonly second: Map<string, One> }

/**
 * Reads every record of the target and every desired record of all syncs that write to it. Without
 * a unique field, all is free.
 */
export async function indexNames(
  { rules, target }: Sync,
  existing: AsyncIterable<Existing>,
  desired: readonly AsyncIterable<Desired>[],
): Promise<Names> {
  const { unique, retire } = rules
  if (unique === undefined) return { holder: () => undefined }
  const keys = keyReader(rules, target.types)
  const here: Holders<Holder & { readonly id: string }> = { first: new Map(), second: new Map() }
  const wanted: Holders<string> = { first: new Map(), second: new Map() }
  for await (const { id, fields } of existing) {
    const holder = { key: keys.ofFields(fields).raw, id, name: text(fields[unique]) }
    add(here, holder.name, isRetired(fields, retire) ? { ...holder, fate: 'retired' } : holder, (one) => one.id)
  }
  for (const records of desired) {
    for await (const row of records)
      if (row.kind === 'record') add(wanted, text(row.fields[unique]), row.key, (one) => one)
  }
  return {
    holder: (value, { key: own, id, current = null }) => {
      const name = foldName(value)
      if (name === foldName(current)) return undefined
      const holder = [here.first.get(name), here.second.get(name)].find((one) => one !== undefined && one.id !== id)
      const other = [wanted.first.get(name), wanted.second.get(name)].find((one) => one !== undefined && one !== own)
      return holder ?? (other === undefined ? undefined : { key: other, name: text(value).trim() })
    },
  }
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
export const foldName = (value: Json | undefined): string => text(value).trim().toLowerCase()

function isRetired(fields: Fields, retire: Rules['retire']): boolean {
  return typeof retire === 'object' && Object.entries(retire).every(([field, value]) => fields[field] === value)
}

/** The least two, whatever the order of the rows: a plan does not depend on it. */
function add<One>(holders: Holders<One>, called: string, one: One, identity: (one: One) => string): void {
  const name = foldName(called)
  const { first, second } = holders
  const known = first.get(name)
  if (name === '' || (known !== undefined && identity(known) === identity(one))) return
  if (known === undefined) return void first.set(name, one)
  const [less, more] = identity(one) < identity(known) ? [one, known] : [known, one]
  const other = second.get(name)
  first.set(name, less)
  if (other === undefined || identity(more) < identity(other)) second.set(name, more)
}

type NameWaiter = Skip & { readonly id: string; readonly heldBy: Holder }

/**
 * What becomes of those who hold a name that another record waits for, and what a person can do
 * where waiting does not help: names that are passed in a circle, and names of the retired.
 */
export function fates(
  skipped: readonly Skip[],
  changes: Many<Change>,
  { key, unique = '' }: Rules,
): { readonly skipped: Skip[]; readonly notices: Notice[] } {
  const holders = new Set(skipped.flatMap(({ heldBy }) => heldBy?.id ?? []))
  const ofHolders = changes.values().filter(({ id }) => id !== undefined && holders.has(id))
  const changeOf = new Map(holders.size === 0 ? [] : ofHolders.map((change) => [change.id, change]))
  const waits = new Map(skipped.flatMap((skip) => (isWaiting(skip) ? [[skip.id, skip] as const] : [])))
  const told = skipped.map((skip) => {
    if (skip.heldBy === undefined) return skip
    const { fate, ...holder } = skip.heldBy
    const change = changeOf.get(holder.id ?? '')
    const now = change?.op === 'retire' ? 'retired' : change?.fields[unique] && 'renamed'
    const is = now ?? (waits.has(holder.id ?? '') ? 'waiting' : change === undefined ? fate : undefined)
    return { ...skip, heldBy: { ...holder, ...(is && { fate: is }) } }
  })
  const retired = told.filter(({ heldBy }) => heldBy?.fate === 'retired')
  return {
    skipped: told,
    notices: [
      ...circles(waits).map(circleNotice),
      ...retired.map((skip) => retiredNotice(skip, [key].flat().join(' and '))),
    ],
  }
}

const isWaiting = (skip: Skip): skip is NameWaiter => skip.id !== undefined && skip.heldBy?.id !== undefined

/** Everybody waits for at most one other, so who is met twice on the way is in a circle. */
function circles(waits: ReadonlyMap<string, NameWaiter>): NameWaiter[][] {
  const seen = new Set<string>()
  const found: NameWaiter[][] = []
  for (const start of waits.values()) {
    const path: NameWaiter[] = []
    let next: NameWaiter | undefined = start
    for (; next !== undefined && !seen.has(next.id); next = waits.get(next.heldBy.id ?? '')) {
      seen.add(next.id)
      path.push(next)
    }
    if (next !== undefined && path.includes(next)) found.push(path.slice(path.indexOf(next)))
  }
  return found
}

function circleNotice(circle: readonly NameWaiter[]): Notice {
  const steps = circle.map(({ key, id, heldBy }) => `${key} (${id}) waits for ${calledIn(heldBy)}`)
  const message = `${steps.join('; ')}. Give one of them a name that nobody has, by hand; the next plans do the rest`
  return { code: 'name-circle', key: circle[0]?.key ?? '', message }
}

function retiredNotice({ key, heldBy }: Skip, field: string): Notice {
  const message = `${key} waits for ${heldBy === undefined ? '' : calledIn(heldBy)}, which is retired. If both are one (merged), write ${key} into ${field} of ${heldBy?.id}, and it lives on; else rename it, or wait until it is deleted`
  return { code: 'name-of-retired', key, message }
}

const calledIn = ({ key, id, name }: Holder): string => `${JSON.stringify(name)} of ${key} (${id})`
