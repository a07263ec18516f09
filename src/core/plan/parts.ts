import { blocksOf, packer, unpacked, type Packer } from '../many.ts'
import type { Change, Plan, SyncPlan } from './plan.ts'

type PlanHead = Omit<Plan, 'syncs'>
type SyncHead = Omit<SyncPlan, 'changes'>

/** A plan of a sync in rows: what it says of the sync, then its changes, one by one. */
export type SyncPart = SyncHead | Change
/** A plan in rows: what it says of itself, then each of its syncs. */
export type PlanPart = PlanHead | SyncPart

export function* syncParts({ changes, ...head }: SyncPlan): Iterable<SyncPart> {
  yield head
  yield* changes
}

export function* planParts({ syncs, ...head }: Plan): Iterable<PlanPart> {
  yield head
  for (const sync of syncs) yield* syncParts(sync)
}

/** Puts a plan together from its parts, in their order. An earlier zds left a plan, or a sync, in one. */
export type PlanBuilder = { add(part: PlanPart | SyncPlan | Plan): void; syncs(): SyncPlan[]; plan(): Plan | undefined }

export function planBuilder(): PlanBuilder {
  let head: PlanHead | undefined
  const open: OpenSync[] = []
  const syncs = (): SyncPlan[] => open.map((sync) => ({ ...sync.head, changes: sync.changes.rows() }))
  return {
    add: (part) => {
      if ('op' in part) open.at(-1)?.changes.add(part)
      else if ('digest' in part) {
        head = part
        if ('syncs' in part) open.push(...part.syncs.map(opened))
      } else open.push(opened(part))
    },
    syncs,
    plan: () => head && { ...head, syncs: syncs() },
  }
}

type OpenSync = { readonly head: SyncHead; readonly changes: Packer<Change> }

function opened(head: SyncHead | SyncPlan): OpenSync {
  const changes = packer<Change>()
  for (const change of 'changes' in head ? head.changes : []) changes.add(change)
  return { head, changes }
}

/** A plan in blocks, for a state to keep. */
export const planBlocks = (plan: Plan): Iterable<Uint8Array> => blocksOf(planParts(plan))

/** The plan that was kept in blocks. */
export function planInBlocks(blocks: Iterable<Uint8Array>): Plan | undefined {
  const builder = planBuilder()
  for (const block of blocks) for (const part of unpacked<PlanPart>(block)) builder.add(part)
  return builder.plan()
}
