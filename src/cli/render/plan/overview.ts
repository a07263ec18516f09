import { packer, type Many } from '../../../core/many.ts'
import { planNumbers, type PlanNumbers } from '../../../core/plan/numbers.ts'
import { byOp, changeCount, count, heldBack, type Allowed, type Because, type Op } from '../../../core/plan/plan.ts'
import type { Plan, Skip, SyncPlan } from '../../../core/plan/plan.ts'
import { fieldsOf, type FieldLine } from './fields.ts'
import { movesOf, retiresOf, type Move, type Retired } from './hurts.ts'
import { whoOf, type Who } from './who.ts'

/** How many changes of an operation a sync has, of so many records, and what it may have. */
type Operation = { readonly count: number; readonly share?: number; readonly broken: boolean; readonly limit?: Allowed }

/** What becomes of the records of one sync, in numbers. */
export type SyncRow = {
  readonly name: string
  readonly instance: string
  readonly resource: string
  readonly existing: number
  readonly operations: { readonly [op in Op]: Operation }
  /** False for a plan of an older zds, which does not say what its limits come to. */
  readonly bounded: boolean
  readonly left: number
  /** Not known of a plan of an older zds. */
  readonly inSync: number | undefined
}

/** What is beyond a limit, in the words of the limit, and what it comes from. */
type Breach = { readonly sync: string; readonly id: string; readonly message: string; readonly because?: Because }

/** New records of a sync, and what comes along with them by its word; `alone` are those with nobody. */
type CreatedRecord = {
  readonly sync: string
  readonly resource: string
  readonly who: Many<Who>
  readonly along: { readonly [word: string]: number }
  readonly alone: Many<Who>
}

/** Changes of a sync that are held back, and why (SAFE-13); `empty`: where nothing is desired. */
type Held = {
  readonly sync: string
  readonly changes: number
  readonly unproved: readonly string[]
  readonly empty: boolean
}

/** Records that are left as they are, for one reason. */
type Left = {
  readonly reason: string
  readonly meaning: string
  readonly skips: readonly (Skip & { readonly sync: string })[]
}

/**
 * What a person needs to know of a plan to decide on it, as data: a terminal, a page and a message
 * draw the same.
 */
export type Overview = {
  readonly asOf: string
  readonly createdAt: string
  readonly digest: string
  readonly changes: number
  readonly operations: { readonly [op in Op]: number }
  /** Where the plan writes, each instance once. */
  readonly instances: readonly { readonly name: string; readonly address?: string; readonly changes: number }[]
  readonly syncs: readonly SyncRow[]
  readonly breaches: readonly Breach[]
  readonly retired: readonly Retired[]
  readonly moves: readonly Move[]
  readonly created: readonly CreatedRecord[]
  readonly held: readonly Held[]
  /** One for each field that an update changes, over all syncs of a resource. */
  readonly fields: readonly FieldLine[]
  readonly left: readonly Left[]
  readonly notices: readonly { readonly code: string; readonly messages: readonly string[] }[]
  /** The syncs whose records are not told here. */
  readonly others: PlanNumbers['syncs']
}

/**
 * Pure: what a plan comes to. `named` are the syncs whose records are told; of all others there are
 * numbers only (OPS-08).
 */
export function overviewOf(plan: Plan, named: readonly SyncPlan[] = plan.syncs): Overview {
  const { asOf, createdAt, digest, syncs } = plan
  const total = (op: Op): number => syncs.reduce((sum, sync) => sum + count(sync, op), 0)
  return {
    asOf,
    createdAt,
    digest,
    changes: changeCount(plan),
    operations: byOp(total),
    instances: instancesOf(syncs, named),
    syncs: syncs.map(rowOf),
    breaches: syncs.flatMap(breachesOf),
    retired: retiresOf(named),
    moves: movesOf(named),
    created: named.flatMap(createdOf),
    held: syncs.flatMap(heldOf),
    fields: fieldsOf(named),
    left: leftOf(named),
    notices: noticesOf(named),
    others: planNumbers({ ...plan, syncs: syncs.filter((sync) => !named.includes(sync)) }).syncs,
  }
}

/** Where an instance is, is told only where its records are (OPS-08). */
function instancesOf(syncs: readonly SyncPlan[], named: readonly SyncPlan[]): Overview['instances'] {
  return [...Map.groupBy(syncs, ({ instance }) => instance)].map(([name, some]) => {
    const address = some.find((sync) => named.includes(sync) && sync.address !== undefined)?.address
    return { name, ...(address !== undefined && { address }), changes: changeCount({ syncs: some }) }
  })
}

function rowOf(sync: SyncPlan): SyncRow {
  const { name, instance, resource, existing, inSync, skipped, bounds } = sync
  const operations = byOp((op) => operationOf(op, sync))
  const bounded = bounds !== undefined
  return { name, instance, resource, existing, operations, bounded, left: skipped.length, inSync }
}

function operationOf(op: Op, sync: SyncPlan): Operation {
  const { existing, excesses, bounds } = sync
  const some = count(sync, op)
  const limit = bounds?.[op]
  return {
    count: some,
    ...(existing > 0 && op !== 'create' && { share: some / existing }),
    broken: excesses.some((excess) => excess.op === op),
    ...(limit && { limit }),
  }
}

const breachesOf = ({ name, excesses }: SyncPlan): Breach[] =>
  excesses.map(({ id, message, because }) => ({ sync: name, id, message, ...(because && { because }) }))

function createdOf({ name, resource, changes }: SyncPlan): CreatedRecord[] {
  const [who, alone] = [packer<Who>(), packer<Who>()]
  const along: { [word: string]: number } = {}
  for (const change of changes) {
    const { op, remarks } = change
    if (op !== 'create') continue
    who.add(whoOf(change))
    if (remarks?.length === 0) alone.add(whoOf(change))
    for (const { code } of remarks ?? []) along[code] = (along[code] ?? 0) + 1
  }
  const all = who.rows()
  return all.length === 0 ? [] : [{ sync: name, resource, who: all, along, alone: alone.rows() }]
}

function heldOf(sync: SyncPlan): Held[] {
  const changes = heldBack(sync)
  if (changes === 0) return []
  const unproved = SIDES.flatMap(([side, words]) => (sync.complete[side] ? [] : [words(sync)]))
  return [{ sync: sync.name, changes, unproved, empty: sync.skipped.some(({ change }) => change !== undefined) }]
}

const SIDES = [
  ['desired', () => 'what should be there'],
  ['existing', ({ instance }: SyncPlan) => `what ${instance} has`],
] as const

function leftOf(syncs: readonly SyncPlan[]): Left[] {
  const all = syncs.flatMap(({ name: sync, skipped }) => skipped.map((skip) => ({ ...skip, sync })))
  const meanings = new Map(syncs.flatMap(({ words }) => Object.entries(words)))
  const reasons = [...Map.groupBy(all, ({ reason }) => reason)].toSorted(([, a], [, b]) => b.length - a.length)
  return reasons.map(([reason, skips]) => ({ reason, meaning: meanings.get(reason) ?? '', skips }))
}

function noticesOf(syncs: readonly SyncPlan[]): Overview['notices'] {
  const kinds = Map.groupBy(
    syncs.flatMap(({ notices }) => notices),
    ({ code }) => code,
  )
  return [...kinds].map(([code, some]) => ({ code, messages: [...new Set(some.map(({ message }) => message))] }))
}
