import { same, type FieldTypes } from '../field-types.ts'
import type { Json } from '../json.ts'
import { foldName, keyReader } from '../keys.ts'
import type { Many } from '../many.ts'
import type { Change, Holder, Notice, Skip } from '../plan/plan.ts'
import type { Desired, Existing, Fields, Rules, Sync } from '../types.ts'
import { groups } from './join.ts'
import { sorter } from './sort.ts'

/**
 * Who has which value of a field that must be unique: by the value, trimmed and without case
 * (AMB-20).
 */
export interface Names {
  /** Settles once it can tell, after it has heard of all records. */
  ready(): Promise<void>
  /**
   * Who keeps `value` from a record that does not have it yet: another record of the target, or
   * another desired one. Undefined where it is free.
   */
  holder(value: Json, own: { readonly key: string; readonly id?: string; readonly current?: Json }): Holder | undefined
}

/** Hears of all records on their way to somebody else. */
export interface NameIndex extends Names {
  existing(rows: AsyncIterable<Existing>): AsyncIterable<Existing>
  /** Of all syncs that write to the target. */
  desired(rows: AsyncIterable<Desired>): AsyncIterable<Desired>
  close(): void
}

/** Somebody who has a name, or wants it; `party` is one for both sides of one record. */
type Claim = { readonly party: string; readonly holder: Holder }

/**
 * An index of names on the disk, below `directory`: of names that nobody else wants nothing is
 * held. Without a unique field, all is free.
 */
export function nameIndex({ rules, target }: Sync, directory: string): NameIndex {
  const { unique, retire } = rules
  if (unique === undefined) return FREE
  const keys = keyReader(rules, target.types)
  const claims = sorter<Claim>(directory)
  const add = (party: string, holder: Holder): void => {
    const name = foldName(holder.name)
    if (name !== '') claims.add(name, { party, holder })
  }
  let found: Promise<ReadonlyMap<string, Contest>> | undefined
  let contested: ReadonlyMap<string, Contest> = new Map()
  return {
    existing: (rows) =>
      heard(rows, ({ id, fields }) => {
        const { raw, text: key } = keys.ofFields(fields)
        const holder = { key: raw, id, name: text(fields[unique]) }
        add(key, isRetired(fields, retire, target.types) ? { ...holder, fate: 'retired' } : holder)
      }),
    desired: (rows) =>
      heard(rows, (row) => {
        if (row.kind === 'record') add(row.key, { key: row.key, name: text(row.fields[unique]) })
      }),
    ready: async () => {
      found ??= contests(claims.rows())
      contested = await found
    },
    holder: (value, { key: own, id: ownId, current = null }) => {
      const name = foldName(value)
      if (name === foldName(current)) return undefined
      const { here = [], wanted = [] } = contested.get(name) ?? {}
      const other = wanted.find(({ key }) => key !== own)
      return here.find(({ id }) => id !== ownId) ?? (other && { key: other.key, name: text(value).trim() })
    },
    close: () => claims.close(),
  }
}

const FREE: NameIndex = {
  existing: (rows) => rows,
  desired: (rows) => rows,
  ready: async () => undefined,
  holder: () => undefined,
  close: () => undefined,
}

async function* heard<Row>(rows: AsyncIterable<Row>, hear: (row: Row) => void): AsyncGenerator<Row, void> {
  for await (const row of rows) {
    hear(row)
    yield row
  }
}

/** A name that several have or want: the least two who have it, by id, and of those who want it, by key. */
type Contest = { readonly here: readonly Holder[]; readonly wanted: readonly Holder[] }

async function contests(claims: AsyncIterable<Claim>): Promise<ReadonlyMap<string, Contest>> {
  const found = new Map<string, Contest>()
  for await (const { key: name, rows } of groups(claims, ({ holder }) => foldName(holder.name))) {
    if (new Set(rows.map(({ party }) => party)).size === 1) continue
    const { here = [], wanted = [] } = Object.groupBy(rows, ({ holder: { id } }) =>
      id === undefined ? 'wanted' : 'here',
    )
    found.set(name, { here: leastTwo(here, ({ id = '' }) => id), wanted: leastTwo(wanted, ({ key }) => key) })
  }
  return found
}

/** Enough to find one who is not oneself. Whatever the order of the rows: a plan does not depend on it. */
function leastTwo(claims: readonly Claim[], identity: (holder: Holder) => string): Holder[] {
  const each = new Map(claims.map(({ holder }) => [identity(holder), holder]))
  return [...each]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, 2)
    .map(([, holder]) => holder)
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function isRetired(fields: Fields, retire: Rules['retire'], types: FieldTypes): boolean {
  if (typeof retire !== 'object') return false
  return Object.entries(retire).every(([field, value]) => same(types[field], fields[field], value))
}

type NameWaiter = Skip & { readonly id: string; readonly heldBy: Holder & { readonly id: string } }

/**
 * What becomes of those who hold a name that another record waits for, and what a person can do
 * where waiting does not help: names that are passed in a circle, and names of the retired.
 */
export function fates(
  skipped: readonly Skip[],
  changes: Many<Change>,
  { key, unique = '' }: Rules,
): { readonly skipped: Skip[]; readonly notices: Notice[] } {
  const holders = new Set<string | undefined>(skipped.flatMap(({ heldBy }) => heldBy?.id ?? []))
  const ofHolders = changes.values().filter(({ id }) => holders.has(id))
  const changeOf = new Map(holders.size === 0 ? [] : ofHolders.map((change) => [change.id, change]))
  const waits = new Map<string | undefined, NameWaiter>(
    skipped.flatMap((skip) => (isWaiting(skip) ? [[skip.id, skip] as const] : [])),
  )
  const told = skipped.map((skip) => {
    if (skip.heldBy === undefined) return skip
    const { fate, ...holder } = skip.heldBy
    const change = changeOf.get(holder.id)
    const now = change?.op === 'retire' ? 'retired' : change?.fields[unique] && 'renamed'
    const is = now ?? (waits.has(holder.id) ? 'waiting' : change === undefined ? fate : undefined)
    return { ...skip, heldBy: { ...holder, ...(is && { fate: is }) } }
  })
  const field = [key].flat().join(' and ')
  const retired = told.flatMap((skip) =>
    skip.heldBy?.fate === 'retired' ? [retiredNotice(skip.key, skip.heldBy, field)] : [],
  )
  return { skipped: told, notices: [...circles(waits).map(circleNotice), ...retired] }
}

const isWaiting = (skip: Skip): skip is NameWaiter => skip.id !== undefined && skip.heldBy?.id !== undefined

/** Everybody waits for at most one other, so who is met twice on the way is in a circle. */
function circles(waits: ReadonlyMap<string | undefined, NameWaiter>): NameWaiter[][] {
  const seen = new Set<string>()
  const found: NameWaiter[][] = []
  for (const start of waits.values()) {
    const path: NameWaiter[] = []
    let next: NameWaiter | undefined = start
    for (; next !== undefined && !seen.has(next.id); next = waits.get(next.heldBy.id)) {
      seen.add(next.id)
      path.push(next)
    }
    const from = path.findIndex((waiter) => waiter === next)
    if (from >= 0) found.push(path.slice(from))
  }
  return found
}

function circleNotice(circle: readonly NameWaiter[]): Notice {
  const steps = circle.map(({ key, id, heldBy }) => `${key} (${id}) waits for ${calledIn(heldBy)}`)
  const message = `${steps.join('; ')}. Give one of them a name that nobody has, by hand; the next plans do the rest`
  return { code: 'name-circle', key: circle[0]?.key ?? '', message }
}

function retiredNotice(key: string, heldBy: Holder, field: string): Notice {
  const message = `${key} waits for ${calledIn(heldBy)}, which is retired. If both are one (merged), write ${key} into ${field} of ${heldBy.id}, and it lives on; else rename it, or wait until it is deleted`
  return { code: 'name-of-retired', key, message }
}

const calledIn = ({ key, id, name }: Holder): string => `${JSON.stringify(name)} of ${key} (${id})`
